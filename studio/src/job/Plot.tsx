import "uplot/dist/uPlot.min.css";

import { useEffect, useLayoutEffect, useRef } from "react";
import uPlot from "uplot";

import type { Curve } from "../api/client";
import { useDark } from "../app/theme";
import { locale } from "../i18n";
import { value } from "../kit/time";
import { smoothed } from "./smooth";

export const SERIES = [
  "#0b7285",
  "#c4314b",
  "#8a6100",
  "#6b4fa0",
  "#0e7038",
  "#b5560b",
  "#2b5fb4",
  "#5c6370",
];
const ON_DARK = [
  "#66b4c4",
  "#ff8a9a",
  "#e9b949",
  "#b9a3e8",
  "#5fd38d",
  "#f0a15e",
  "#8fb4f0",
  "#a9b0ba",
];
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

interface Props {
  curves: readonly Curve[];
  names: Record<string, string>;
  x: "step" | "time";
  log: boolean;
  smooth: number;
  height: number;
  zoom: (bounds: [number, number] | undefined) => void;
  label: string;
}

/** One metric of one or more runs: a band from least to greatest, and the mean as a line. */
export function Plot(props: Props) {
  const { curves, names, x, log, smooth, height, zoom, label } = props;
  const at = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const zoomed = useRef(zoom);
  useEffect(() => {
    zoomed.current = zoom;
  });
  // Before the first paint: with its values there, a chart is drawn in the frame that shows it.
  useLayoutEffect(() => {
    const box = at.current!;
    const colours = dark ? ON_DARK : SERIES;
    const axis = getComputedStyle(box).getPropertyValue("--colorNeutralForeground2");
    const lines = getComputedStyle(box).getPropertyValue("--colorNeutralStroke3");
    const scale = x === "time" ? 1000 : 1;
    const xs = [...new Set(curves.flatMap((c) => c.x))].sort((a, b) => a - b);
    const place = new Map(xs.map((one, n) => [one, n]));
    const data: (number | null)[][] = [xs.map((one) => one / scale)];
    const series: uPlot.Series[] = [{ label: x === "time" ? "" : "step" }];
    const bands: uPlot.Band[] = [];
    // Of a log axis only what is above nothing can be drawn.
    const shown = (n: number | undefined) => (n === undefined || (log && n <= 0) ? null : n);
    const spread = (curve: Curve, values: readonly number[]) => {
      const row: (number | null | undefined)[] = new Array(xs.length).fill(undefined);
      curve.x.forEach((one, n) => (row[place.get(one)!] = shown(values[n])));
      return row as (number | null)[];
    };
    curves.forEach((curve, n) => {
      const colour = colours[n % colours.length]!;
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
        dash: DASHES[Math.floor(n / colours.length) % DASHES.length],
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
        scales: { x: { time: x === "time" }, y: { distr: log ? 3 : 1 } },
        axes: [
          { ...axes, ...(x === "step" && { values: (_, v) => v.map((n) => compact.format(n)) }) },
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
  }, [curves, names, x, log, smooth, height, dark]);
  return <div ref={at} className="plot" role="img" aria-label={label} />;
}
