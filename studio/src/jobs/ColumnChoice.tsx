import { Button, Checkbox, Popover, PopoverSurface, PopoverTrigger } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { USUAL } from "./columns";

interface Props {
  ws: string;
  chosen: readonly string[];
  choose: (ids: readonly string[]) => void;
}

/** Columns are chosen; a new metric never appears by itself. */
export function ColumnChoice({ ws, chosen, choose }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const [like, setLike] = useState("");
  const { data } = useQuery({ ...queries.columns(ws, like), enabled: open });
  const flip = (id: string) =>
    choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const logged = [...new Set([...chosen.filter((id) => id.includes(".")), ...(data?.columns ?? [])])];
  return (
    <Popover open={open} onOpenChange={(_, { open }) => setOpen(open)} trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button size="small">{t("jobs.columns", { count: chosen.length })}</Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={t("jobs.columns.title")} className="choice">
        {USUAL.filter((id) => id !== "name").map((id) => (
          <Checkbox
            key={id}
            label={t(`col.${id}` as Key)}
            checked={chosen.includes(id)}
            onChange={() => flip(id)}
          />
        ))}
        <input
          type="search"
          value={like}
          aria-label={t("jobs.columns.find")}
          placeholder={t("jobs.columns.find")}
          onChange={(event) => setLike(event.target.value)}
        />
        {logged.slice(0, 50).map((id) => (
          <Checkbox key={id} label={id} checked={chosen.includes(id)} onChange={() => flip(id)} />
        ))}
      </PopoverSurface>
    </Popover>
  );
}
