import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import type { Asset } from "../api/client";
import { useT } from "../i18n";
import { Loading } from "../kit/states";
import { useMoveAlias } from "./change";
import * as own from "./queries";

interface Props {
  ws: string;
  asset: Asset;
  close: () => void;
}

/** Which alias is at which version, and one step to have it at this one. It stays when it is
 * closed: one that is taken away while open leaves the page hidden from those who listen to it. */
export default function Aliases({ open, ...props }: Props & { open: boolean }) {
  return (
    <Dialog open={open} onOpenChange={(_, { open: on }) => !on && props.close()}>
      <DialogSurface>
        <Body {...props} />
      </DialogSurface>
    </Dialog>
  );
}

function Body(props: Props) {
  const t = useT();
  const { asset } = props;
  const { data } = useQuery({ ...own.versions(props.ws, "models", asset.name), staleTime: 0 });
  const [alias, setAlias] = useState("");
  const move = useMoveAlias(props.ws, asset.name);
  const to = (name: string, version: string | null) =>
    move.mutate(
      { alias: name, version, was: data?.aliases[name] ?? null },
      { onSuccess: props.close },
    );
  const give = (event: FormEvent) => {
    event.preventDefault();
    if (alias.trim()) to(alias.trim(), asset.version);
  };
  const known = Object.entries(data?.aliases ?? {});
  return (
    <DialogBody>
      <DialogTitle>{t("alias.of", { name: `${asset.name}:${asset.version}` })}</DialogTitle>
      <DialogContent className="say">
        {!data ? (
          <Loading rows={3} />
        ) : (
          <ul className="list">
            {known.map(([name, version]) => (
              <li key={name} className="row wrap">
                <b>{`@${name}`}</b>
                <span className="quiet">{t("alias.on", { version })}</span>
                <span className="grow" />
                {version === asset.version ? (
                  <Button size="small" disabled={move.isPending} onClick={() => to(name, null)}>
                    {t("alias.remove", { alias: name })}
                  </Button>
                ) : (
                  <Button
                    size="small"
                    appearance="primary"
                    disabled={move.isPending}
                    onClick={() => to(name, asset.version)}
                  >
                    {t("alias.move", { alias: name })}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
        <form className="row wrap" onSubmit={give}>
          <label className="row">
            {t("alias.new")}
            <input
              type="search"
              value={alias}
              autoComplete="off"
              placeholder="champion"
              onChange={(event) => setAlias(event.target.value)}
            />
          </label>
          <Button type="submit" disabled={!data || !alias.trim() || move.isPending}>
            {t("alias.give")}
          </Button>
        </form>
      </DialogContent>
      <DialogActions>
        <Button onClick={props.close}>{t("close")}</Button>
      </DialogActions>
    </DialogBody>
  );
}
