import { useMemo, useState } from "react";

import type { Compared } from "../api/client";
import { useT } from "../i18n";
import { Chart } from "../job/Chart";
import { isSystem } from "../job/smooth";
import { Empty } from "../kit/states";

const MOST = 40;

/** The metrics of all these runs, one chart each, those that most runs have first. */
export default function Curves({ ws, runs }: { ws: string; runs: readonly Compared[] }) {
  const t = useT();
  const [bounds, setBounds] = useState<[number, number] | undefined>();
  const names = useMemo(
    () => Object.fromEntries(runs.map((run) => [run.row.name, run.row.display_name])),
    [runs],
  );
  const ids = useMemo(() => runs.map((run) => run.row.name), [runs]);
  const counts = new Map<string, number>();
  for (const run of runs)
    for (const key of Object.keys(run.metrics)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const order = ([a, n]: [string, number], [b, m]: [string, number]) =>
    Number(isSystem(a)) - Number(isSystem(b)) || m - n || a.localeCompare(b);
  const keys = [...counts].sort(order).map(([key]) => key);
  if (keys.length === 0) return <Empty title={t("compare.nometrics")} />;
  return (
    <div className="charts wide">
      {keys.slice(0, MOST).map((key) => (
        <Chart
          key={key}
          ws={ws}
          runs={ids}
          names={names}
          metric={key}
          x="step"
          log={false}
          smooth={0}
          bounds={bounds}
          zoom={setBounds}
          height={260}
        />
      ))}
    </div>
  );
}
