import { Button } from "@fluentui/react-components";
import { type FormEvent, useState } from "react";

import type { ComputeRow } from "../api/client";
import { useT } from "../i18n";
import { useAct } from "./act";

/** How many nodes a cluster keeps, and how many it may have. */
export function Scale({ ws, row }: { ws: string; row: ComputeRow }) {
  const t = useT();
  const act = useAct(ws, row.name);
  const [least, setLeast] = useState<number>();
  const [most, setMost] = useState<number>();
  const [min_nodes, max_nodes] = [least ?? row.min_nodes, most ?? row.max_nodes ?? 0];
  const send = (event: FormEvent) => {
    event.preventDefault();
    act.mutate(
      { verb: "scale", min_nodes, max_nodes },
      {
        onSuccess: () => {
          setLeast(undefined);
          setMost(undefined);
        },
      },
    );
  };
  const field = (label: string, value: number, set: (n: number) => void) => (
    <label className="row">
      {label}
      <input
        type="number"
        min={0}
        max={10000}
        value={value}
        onChange={(event) => set(Number(event.target.value))}
      />
    </label>
  );
  return (
    <form className="row wrap scale" onSubmit={send}>
      {field(t("compute.least"), min_nodes, setLeast)}
      {field(t("compute.most"), max_nodes, setMost)}
      <Button
        type="submit"
        disabled={
          act.isPending || (min_nodes === row.min_nodes && max_nodes === (row.max_nodes ?? 0))
        }
      >
        {t("compute.scale")}
      </Button>
    </form>
  );
}
