import type { QueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";

import type { Job } from "../api/client";
import * as queries from "../api/queries";
import type { JobSearch } from "../app/router";
import { type Key, type T, useT } from "../i18n";
import { ChartControls } from "../kit/ChartControls";
import { Empty } from "../kit/states";
import { Chart } from "./Chart";
import { type Group, grouped } from "./groups";
import { isSystem, zoomOf } from "./smooth";
import { cardWidth, plotWidth } from "./widths";

const HOW = `import mlflow

mlflow.log_metric("loss", 0.25, step=1)`;

/** Which metrics a tab shows, in groups, and how: as the URL says. */
function wanted(job: Job, search: JobSearch, system: boolean) {
  const x = search.x ?? (system ? ("time" as const) : ("step" as const));
  const words = (search.metric ?? "").toLowerCase();
  const logged = job.metrics.map((m) => m.key).filter((key) => isSystem(key) === system);
  const keys = logged.filter((key) => key.toLowerCase().includes(words));
  const closed = new Set(search.closed?.split(",") ?? []);
  return { x, logged, keys, closed, groups: grouped(keys, system), bounds: zoomOf(search.zoom) };
}

/** Has what the first screen of charts needs asked for before it is opened. */
export function prefetch(
  client: QueryClient,
  ws: string,
  job: Job,
  search: JobSearch,
  system: boolean,
  panel: number,
): void {
  const { x, groups, closed, bounds } = wanted(job, search, system);
  const { width, columns } = cardWidth(panel);
  const keys = groups.filter((group) => !closed.has(group.name)).flatMap((group) => group.keys);
  for (const key of keys.slice(0, columns * 4))
    void client.prefetchQuery(
      queries.curves(ws, {
        runs: [job.row.name],
        key,
        width: plotWidth(width),
        x,
        first: bounds?.[0],
        last: bounds?.[1],
      }),
    );
}

/** Charts of what a run logged. What is set here stands in the URL. */
export default function Metrics(props: { ws: string; job: Job; system?: boolean }) {
  const { ws, job, system = false } = props;
  const t = useT();
  const search = useSearch({ from: "/w/$ws/jobs/$name" });
  const navigate = useNavigate({ from: "/w/$ws/jobs/$name" });
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true, resetScroll: false });
  const { x, logged, keys, closed, groups, bounds } = useMemo(
    () => wanted(job, search, system),
    [job, search, system],
  );
  const runs = useMemo(() => [job.row.name], [job.row.name]);
  const names = useMemo(
    () => ({ [job.row.name]: job.row.display_name }),
    [job.row.name, job.row.display_name],
  );
  if (logged.length === 0)
    return system ? (
      <Empty title={t("monitoring.none")} />
    ) : (
      <Empty title={t("job.metrics.none")}>
        <p>{t("job.metrics.how")}</p>
        <pre>{HOW}</pre>
      </Empty>
    );
  const toggle = (name: string) => {
    const next = new Set(closed);
    if (!next.delete(name)) next.add(name);
    set({ closed: [...next].join(",") || undefined });
  };
  const charts = (group: Group) => (
    <div className="charts">
      {group.keys.map((key) => (
        <Chart
          key={key}
          ws={ws}
          runs={runs}
          names={names}
          metric={key}
          x={x}
          log={search.y === "log"}
          smooth={search.smooth ?? 0}
          bounds={bounds}
          zoom={(next) => set({ zoom: next && `${next[0]}:${next[1]}` })}
          large={search.chart === key}
          enlarge={(large) => set({ chart: large ? key : undefined })}
        />
      ))}
    </div>
  );
  return (
    <>
      <ChartControls view={search} set={set} time={system ? undefined : t("chart.time")} />
      {groups.length === 1
        ? charts(groups[0]!)
        : groups.map((group) => (
            <section key={group.name} className="chart-group" aria-label={title(t, group.name, system)}>
              <h2>
                <button aria-expanded={!closed.has(group.name)} onClick={() => toggle(group.name)}>
                  <span aria-hidden="true">{closed.has(group.name) ? "▸" : "▾"}</span>
                  <bdi>{title(t, group.name, system)}</bdi> <small>{group.keys.length}</small>
                </button>
              </h2>
              {!closed.has(group.name) && charts(group)}
            </section>
          ))}
      {keys.length === 0 && <Empty title={t("chart.nofind")} />}
    </>
  );
}

function title(t: T, name: string, system: boolean): string {
  if (system) return t(`monitoring.${name}` as Key);
  return name || t("chart.group.none");
}
