import { Button, Switch } from "@fluentui/react-components";

import { useT } from "../i18n";

/** How charts are looked at, as it stands in the address. */
export interface ChartView {
  x?: "time" | undefined;
  smooth?: number | undefined;
  y?: "log" | undefined;
  metric?: string | undefined;
  zoom?: string | undefined;
}

interface Props {
  view: ChartView;
  set: (next: ChartView) => void;
  /** What time is called on the horizontal axis; without it there is no choice of axis. */
  time?: string | undefined;
}

/** What is chosen for all charts of a page at once. */
export function ChartControls({ view, set, time }: Props) {
  const t = useT();
  return (
    <div className="row wrap controls">
      {time && (
        <select
          aria-label={t("chart.x")}
          value={view.x ?? "step"}
          onChange={(e) =>
            set({ x: e.target.value === "time" ? "time" : undefined, zoom: undefined })
          }
        >
          <option value="step">{t("chart.step")}</option>
          <option value="time">{time}</option>
        </select>
      )}
      <label className="row">
        {t("chart.smooth")}
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={view.smooth ?? 0}
          onChange={(e) => set({ smooth: Number(e.target.value) || undefined })}
        />
      </label>
      <Switch
        label={t("chart.log")}
        checked={view.y === "log"}
        onChange={(_, { checked }) => set({ y: checked ? "log" : undefined })}
      />
      <input
        type="search"
        value={view.metric ?? ""}
        aria-label={t("chart.find")}
        placeholder={t("chart.find")}
        onChange={(e) => set({ metric: e.target.value || undefined })}
      />
      {view.zoom && (
        <Button size="small" onClick={() => set({ zoom: undefined })}>
          {t("chart.all")}
        </Button>
      )}
      <span className="grow" />
      <span className="quiet">{t("chart.hint")}</span>
    </div>
  );
}
