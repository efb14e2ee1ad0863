import "uplot/dist/uPlot.min.css";

import { useContext, useEffect, useRef } from "react";
import uPlot from "uplot";

import type { Overlaid, Row } from "../api/client";
import { useDark } from "../app/theme";
import { locale } from "../i18n";
import { smoothed } from "../job/smooth";
import { DASHES, ON_DARK, ON_LIGHT } from "../kit/colours";
import { value } from "../kit/time";
import { Strokes } from "./Swatch";

const BANDED = 12; // more bands than that hide each other
const TOLD = 32; // runs that colours and dashes tell apart
const NEAR = 24; // pixels from the pointer to the line it means
const FINE = 2000; // places of a time axis

interface Props {
  curves: readonly Overlaid[];
  runs: readonly Row[];
  x: "step" | "time";
  log: boolean;
  smooth: number;
  height: number;
  bounds: [number, number] | undefined;
  zoom: (bounds: [number, number] | undefined) => void;
  label: string;
}

/** Seconds since each run began, on a grid that all of them share; steps are as they are. */
function placed(curves: readonly Overlaid[], runs: readonly Row[], x: "step" | "time"): number[][] {
  if (x === "step") return curves.map((curve) => curve.x);
  const began = new Map(runs.map((run) => [run.name, Date.parse(run.began ?? run.created)]));
  const since = curves.map((curve) => {
    const start = Math.min(began.get(curve.run) ?? Infinity, curve.x[0] ?? Infinity);
    return curve.x.map((one) => (one - start) / 1000);
  });
  const longest = Math.max(0, ...since.map((one) => one.at(-1) ?? 0));
  const grid = longest / FINE || 1;
  return since.map((one) => one.map((at) => Math.round(at / grid) * grid));
}

/** One metric of many runs in one plot; the line under the pointer says whose it is. */
export function RunsPlot(props: Props) {
  const { curves, runs, x, log, smooth, height, bounds, zoom, label } = props;
  const at = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const drawn = useContext(Strokes);
  const zoomed = useRef(zoom);
  useEffect(() => {
    zoomed.current = zoom;
  });
  useEffect(() => {
    const box = at.current!;
    const colours = dark ? ON_DARK : ON_LIGHT;
    const style = getComputedStyle(box);
    const axis = style.getPropertyValue("--colorNeutralForeground2");
    const rules = style.getPropertyValue("--colorNeutralStroke3");
    const names = new Map(runs.map((run) => [run.name, run.display_name]));
    const places = placed(curves, runs, x);
    const xs = [...new Set(places.flat())].sort((a, b) => a - b);
    const place = new Map(xs.map((one, n) => [one, n]));
    const data: (number | null | undefined)[][] = [xs];
    const series: uPlot.Series[] = [{ label: x === "time" ? "s" : "step" }];
    const bands: uPlot.Band[] = [];
    const whose: (string | undefined)[] = [undefined];
    const spread = (n: number, values: readonly number[]) => {
      const row = new Array<number | null | undefined>(xs.length).fill(undefined);
      places[n]!.forEach((one, k) => {
        const v = values[k];
        // Of a log axis only what is above nothing can be drawn.
        row[place.get(one)!] = v === undefined || (log && v <= 0) ? null : v;
      });
      return row;
    };
    curves.forEach((curve, n) => {
      const stroke = drawn.get(curve.run) ?? { colour: 0, dash: 0 };
      const colour = colours[stroke.colour]!;
      const name = names.get(curve.run) ?? curve.run;
      if (curve.low && curve.high && curves.length <= BANDED) {
        bands.push({ series: [data.length, data.length + 1], fill: `${colour}33` });
        data.push(spread(n, curve.high), spread(n, curve.low));
        const edge = { stroke: `${colour}55`, width: 0.5, spanGaps: true, points: { show: false } };
        series.push({ label: "max", ...edge }, { label: "min", ...edge });
        whose.push(undefined, undefined);
      }
      data.push(spread(n, smoothed(curve.line, smooth)));
      whose.push(name);
      series.push({
        label: name,
        stroke: curves.length > TOLD ? `${colour}b0` : colour,
        width: curves.length > 40 ? 1 : 1.6,
        // More runs than strokes: dashes would tell nothing apart, and flicker.
        dash: curves.length > TOLD ? [] : [...DASHES[stroke.dash]!],
        spanGaps: true,
        points: { show: curve.x.length < 3 },
        value: (_, v) => (v === null ? "–" : value(v)),
      });
    });
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    const axes = { stroke: axis, grid: { stroke: rules, width: 1 }, ticks: { stroke: rules } };
    const compact = new Intl.NumberFormat(locale(), { notation: "compact" });
    const seconds = new Intl.NumberFormat(locale(), { style: "unit", unit: "second", notation: "compact" });
    const plot = new uPlot(
      {
        width: Math.max(200, box.clientWidth),
        height,
        scales: {
          x: { time: false, ...(x === "time" && bounds && { range: () => bounds }) },
          y: { distr: log ? 3 : 1 },
        },
        axes: [
          { ...axes, values: (_, v) => v.map((n) => (x === "time" ? seconds : compact).format(n)) },
          { ...axes, size: 62, values: (_, v) => v.map((n) => (n === null ? "" : value(n))) },
        ],
        series,
        bands,
        legend: { show: curves.length <= 12, live: true },
        cursor: {
          sync: { key: "compare" },
          drag: { x: true, y: false, setScale: false },
          points: { show: curves.length <= 12 },
        },
        hooks: {
          setCursor: [
            (u) => {
              const [left, top] = [u.cursor.left ?? -1, u.cursor.top ?? -1];
              const found = left < 0 || top < 0 ? undefined : closest(u, whose, left, top);
              tip.hidden = !found;
              if (!found) return;
              tip.textContent = `${found.name}: ${value(found.value)}`;
              const room = u.over.clientWidth;
              tip.style.left = `${Math.min(left + 12, Math.max(0, room - tip.offsetWidth))}px`;
              tip.style.top = `${Math.max(0, top - 30)}px`;
            },
          ],
          setSelect: [
            (u) => {
              if (u.select.width < 4) return;
              const from = Math.floor(u.posToVal(u.select.left, "x"));
              const to = Math.ceil(u.posToVal(u.select.left + u.select.width, "x"));
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              if (to > from) zoomed.current([from, to]);
            },
          ],
        },
      },
      data as uPlot.AlignedData,
      box,
    );
    plot.over.append(tip);
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
  }, [curves, runs, x, log, smooth, height, bounds, dark, drawn]);
  return <div ref={at} className="plot" role="img" aria-label={label} />;
}

function closest(u: uPlot, whose: readonly (string | undefined)[], left: number, top: number) {
  const at = u.posToIdx(left);
  let found: { name: string; value: number } | undefined;
  let least = NEAR;
  for (let n = 1; n < whose.length; n += 1) {
    const name = whose[n];
    if (name === undefined) continue;
    const row = u.data[n]!;
    for (let k = 0; k < 12; k += 1) {
      const v = row[at - k] ?? row[at + k];
      if (v === undefined || v === null) continue;
      const far = Math.abs(u.valToPos(v, "y") - top);
      if (far < least) {
        least = far;
        found = { name, value: v };
      }
      break;
    }
  }
  return found;
}
