import "uplot/dist/uPlot.min.css";

import { useEffect, useLayoutEffect, useRef } from "react";
import uPlot from "uplot";

import type { Curve } from "../api/client";
import { useDark } from "../app/theme";
import { locale, useT } from "../i18n";
import { DASHES, ON_DARK, ON_LIGHT, strokes } from "../kit/colours";
import { exactly, value } from "../kit/time";
import { smoothed } from "./smooth";

interface Props {
  curves: readonly Curve[];
  names: Record<string, string>;
  x: "step" | "time";
  log: boolean;
  smooth: number;
  height: number;
  zoom: (bounds: [number, number] | undefined) => void;
  label: string;
  percent?: boolean;
}

/** As many parts of a moment as marks so far apart need; the day where it begins. */
function moments(splits: readonly number[]): string[] {
  const apart = (splits[1] ?? Infinity) - splits[0]!;
  const day = new Intl.DateTimeFormat(locale(), { month: "short", day: "numeric" });
  const hour = new Intl.DateTimeFormat(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    ...(apart < 60 && { second: "2-digit" }),
    hour12: false,
  });
  let before = "";
  return splits.map((at) => {
    const date = new Date(at * 1000);
    const [today, now] = [day.format(date), hour.format(date)];
    const shown = today === before ? now : apart < 86_400 ? `${now}\n${today}` : today;
    before = today;
    return shown;
  });
}

/** One metric of one or more runs: a band from least to greatest, and the mean as a line. */
export function Plot(props: Props) {
  const { curves, names, x, log, smooth, height, zoom, label, percent = false } = props;
  const at = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const words = useT();
  const zoomed = useRef(zoom);
  useEffect(() => {
    zoomed.current = zoom;
  });
  // Before the first paint: with its values there, a chart is drawn in the frame that shows it.
  useLayoutEffect(() => {
    const box = at.current!;
    const colours = dark ? ON_DARK : ON_LIGHT;
    const drawn = strokes(curves.map((curve) => curve.run));
    const axis = getComputedStyle(box).getPropertyValue("--colorNeutralForeground2");
    const lines = getComputedStyle(box).getPropertyValue("--colorNeutralStroke3");
    const scale = x === "time" ? 1000 : 1;
    const xs = [...new Set(curves.flatMap((c) => c.x))].sort((a, b) => a - b);
    const place = new Map(xs.map((one, n) => [one, n]));
    const data: (number | null)[][] = [xs.map((one) => one / scale)];
    const series: uPlot.Series[] = [
      {
        label: words(x === "time" ? "chart.time" : "chart.step"),
        ...(x === "time" && {
          value: (_, v) => (v === null ? "–" : exactly(new Date(v * 1000).toISOString())),
        }),
      },
    ];
    const bands: uPlot.Band[] = [];
    // Of a log axis only what is above nothing can be drawn.
    const shown = (n: number | undefined) => (n === undefined || (log && n <= 0) ? null : n);
    const spread = (curve: Curve, values: readonly number[]) => {
      const row: (number | null | undefined)[] = new Array(xs.length).fill(undefined);
      curve.x.forEach((one, n) => (row[place.get(one)!] = shown(values[n])));
      return row as (number | null)[];
    };
    curves.forEach((curve) => {
      const stroke = drawn.get(curve.run)!;
      const colour = colours[stroke.colour]!;
      const banded = curve.low.some((low, n) => low !== curve.high[n]);
      if (banded) {
        bands.push({ series: [data.length, data.length + 1], fill: `${colour}33` });
        data.push(spread(curve, curve.high), spread(curve, curve.low));
        const edge = { stroke: `${colour}55`, width: 0.5, spanGaps: true, points: { show: false } };
        series.push({ label: "max", ...edge }, { label: "min", ...edge });
      }
      data.push(spread(curve, smoothed(curve.line, smooth)));
      series.push({
        label: names[curve.run] ?? curve.run,
        stroke: colour,
        width: 1.6,
        dash: [...DASHES[stroke.dash]!],
        spanGaps: true,
        points: { show: curve.x.length < 40 },
        value: (_, v) => (v === null ? "–" : value(v)),
      });
    });
    const axes = { stroke: axis, grid: { stroke: lines, width: 1 }, ticks: { stroke: lines } };
    const compact = new Intl.NumberFormat(locale(), { notation: "compact" });
    const plot = new uPlot(
      {
        width: Math.max(200, box.clientWidth),
        height,
        scales: {
          x: { time: x === "time" },
          y: { distr: log ? 3 : 1, ...(percent && !log && { range: [0, 100] }) },
        },
        axes: [
          { ...axes, values: (_, v) => (x === "time" ? moments(v) : v.map((n) => compact.format(n))) },
          { ...axes, size: 62, values: (_, v) => v.map((n) => (n === null ? "" : value(n))) },
        ],
        series,
        bands,
        legend: { show: curves.length <= 12, live: true },
        cursor: { sync: { key: "metrics" }, drag: { x: true, y: false, setScale: false } },
        hooks: {
          setSelect: [
            (u) => {
              if (u.select.width < 4) return;
              const from = Math.floor(u.posToVal(u.select.left, "x") * scale);
              const to = Math.ceil(u.posToVal(u.select.left + u.select.width, "x") * scale);
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              if (to > from) zoomed.current([from, to]);
            },
          ],
        },
      },
      data as uPlot.AlignedData,
      box,
    );
    const all = () => zoomed.current(undefined);
    plot.over.addEventListener("dblclick", all);
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(200, box.clientWidth), height }),
    );
    resized.observe(box);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [curves, names, x, log, smooth, height, dark, percent, words]);
  return <div ref={at} className="plot" role="img" aria-label={label} />;
}
