import { Button, Switch } from "@fluentui/react-components";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";

import type { Job } from "../api/client";
import { useT } from "../i18n";
import { Empty } from "../kit/states";
import { Chart } from "./Chart";
import { isSystem, zoomOf } from "./smooth";

const HOW = `import mlflow

mlflow.log_metric("loss", 0.25, step=1)`;

/** Charts of what a run logged. What is set here stands in the URL. */
export default function Metrics(props: { ws: string; job: Job; system?: boolean }) {
  const { ws, job, system = false } = props;
  const t = useT();
  const search = useSearch({ from: "/w/$ws/jobs/$name" });
  const navigate = useNavigate({ from: "/w/$ws/jobs/$name" });
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const x = search.x ?? (system ? "time" : "step");
  const bounds = useMemo(() => zoomOf(search.zoom), [search.zoom]);
  const words = (search.metric ?? "").toLowerCase();
  const logged = job.metrics.map((m) => m.key).filter((key) => isSystem(key) === system);
  const keys = logged.filter((key) => key.toLowerCase().includes(words));
  const runs = useMemo(() => [job.row.name], [job.row.name]);
  const names = useMemo(
    () => ({ [job.row.name]: job.row.display_name }),
    [job.row.name, job.row.display_name],
  );
  if (logged.length === 0)
    return (
      <Empty title={t("job.metrics.none")}>
        <p>{t("job.metrics.how")}</p>
        <pre>{HOW}</pre>
      </Empty>
    );
  return (
    <>
      <div className="row wrap controls">
        {!system && <select
          aria-label={t("chart.x")}
          value={x}
          onChange={(e) =>
            set({ x: e.target.value === "time" ? "time" : undefined, zoom: undefined })
          }
        >
          <option value="step">{t("chart.step")}</option>
          <option value="time">{t("chart.time")}</option>
        </select>}
        <label className="row">
          {t("chart.smooth")}
          <input
            type="range"
            min={0}
            max={0.99}
            step={0.01}
            value={search.smooth ?? 0}
            onChange={(e) => set({ smooth: Number(e.target.value) || undefined })}
          />
        </label>
        <Switch
          label={t("chart.log")}
          checked={search.y === "log"}
          onChange={(_, { checked }) => set({ y: checked ? "log" : undefined })}
        />
        <input
          type="search"
          value={search.metric ?? ""}
          aria-label={t("chart.find")}
          placeholder={t("chart.find")}
          onChange={(e) => set({ metric: e.target.value || undefined })}
        />
        {bounds && (
          <Button size="small" onClick={() => set({ zoom: undefined })}>
            {t("chart.all")}
          </Button>
        )}
        <span className="grow" />
        <span className="quiet">{t("chart.hint")}</span>
      </div>
      <div className="charts">
        {keys.slice(0, 500).map((key) => (
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
          />
        ))}
      </div>
      {keys.length === 0 && <Empty title={t("chart.nofind")} />}
      {keys.length > 500 && <p className="quiet">{t("chart.more", { count: keys.length - 500 })}</p>}
    </>
  );
}
