import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";

import type { Overlaid, Row } from "../api/client";
import { useT } from "../i18n";
import { isSystem, zoomOf } from "../job/smooth";
import { ChartControls } from "../kit/ChartControls";
import { Empty, Problem } from "../kit/states";
import { number, value } from "../kit/time";
import type { Given } from "./given";
import { nearest } from "./nearest";
import { overlay, viewOf } from "./queries";
import { RunsPlot } from "./RunsPlot";
import { Bar } from "./Swatch";

const MOST = 200;
const STEP = 8; // charts that are made at a time

/** Those that most runs have first, among them those that are curves. */
function inOrder(
  charts: readonly (readonly string[])[],
  reach: (keys: readonly string[]) => number,
  stepped: readonly string[],
): (readonly string[])[] {
  const long = new Set(stepped);
  return [...charts].sort(
    (a, b) =>
      Number(isSystem(a[0]!)) - Number(isSystem(b[0]!)) ||
      reach(b) - reach(a) ||
      Number(long.has(b[0]!)) - Number(long.has(a[0]!)) ||
      a[0]!.localeCompare(b[0]!),
  );
}

/** Asks for more as soon as its place comes near. */
function More({ more }: { more: () => void }) {
  const at = useRef<HTMLDivElement>(null);
  const seen = useSeen(at, false);
  useEffect(() => {
    if (seen) more();
  }, [seen]);
  return <div ref={at} style={{ height: 40 }} />;
}

/** The metrics of all these runs, one chart each, those that most runs have first. */
export default function Curves({ ws, runs, lines, stepped, search, set }: Given) {
  const t = useT();
  const bounds = useMemo(() => zoomOf(search.zoom), [search.zoom]);
  const [most, setMost] = useState(STEP);
  const has = useMemo(() => {
    const found = new Map<string, Set<number>>();
    for (const line of lines)
      if (line.group === "metrics" || line.group === "system")
        found.set(line.name, new Set(line.values.flatMap((one, n) => (one === null ? [] : [n]))));
    return found;
  }, [lines]);
  const together = search.together ?? [];
  const single = [...has.keys()].filter((key) => !together.some((keys) => keys.includes(key)));
  const reach = (keys: readonly string[]) =>
    new Set(keys.flatMap((key) => [...(has.get(key) ?? [])])).size;
  const words = (search.metric ?? "").toLowerCase();
  const charts = inOrder([...together.filter((keys) => reach(keys) > 0), ...single.map((key) => [key])], reach, stepped).filter(
    (keys) => keys.some((key) => key.toLowerCase().includes(words)),
  );
  const common = charts.some((keys) => !isSystem(keys[0]!) && reach(keys) === runs.length);
  const offered = useMemo(() => {
    const own = new Map([...has].filter(([key]) => !isSystem(key) && single.includes(key)));
    return common || runs.length < 2 ? [] : nearest(own);
  }, [has, common, runs.length, single.join("\n")]);
  if (has.size === 0) return <Empty title={t("compare.nometrics")} />;
  return (
    <>
      <ChartControls view={search} set={set} time={t("compare.since")} />
      {!common && runs.length > 1 && (
        <div className="note" role="note">
          <p>{t("compare.nocommon")}</p>
          <div className="row wrap">
            {offered.map(([a, b]) => (
              <Button key={`${a} ${b}`} size="small" onClick={() => set({ together: [...together, [a, b]] })}>
                {t("compare.together", { a, b })}
              </Button>
            ))}
          </div>
        </div>
      )}
      {charts.length === 0 && <Empty title={t("chart.nofind")} />}
      <div className="charts wide">
        {charts.slice(0, most).map((keys, n) => (
          <Chart
            key={keys.join("\n")}
            ws={ws}
            runs={runs}
            keys={keys}
            first={n === 0}
            x={search.x ?? "step"}
            log={search.y === "log"}
            smooth={search.smooth ?? 0}
            bounds={bounds}
            zoom={(next) => set({ zoom: next && `${next[0]}:${next[1]}` })}
            apart={
              keys.length > 1
                ? () => {
                    const rest = together.filter((one) => one !== keys);
                    set({ together: rest.length > 0 ? rest : undefined });
                  }
                : undefined
            }
          />
        ))}
      </div>
      {charts.length > most && most < MOST && <More key={most} more={() => setMost(most + STEP)} />}
      {charts.length > MOST && <p className="quiet">{t("chart.more", { count: charts.length - MOST })}</p>}
    </>
  );
}

interface Props {
  ws: string;
  runs: readonly Row[];
  keys: readonly string[];
  x: "step" | "time";
  log: boolean;
  smooth: number;
  bounds: [number, number] | undefined;
  zoom: (bounds: [number, number] | undefined) => void;
  apart: (() => void) | undefined;
  first: boolean;
}

/** Whether it has been on the screen, or nearly. */
function useSeen(at: RefObject<HTMLElement | null>, atOnce: boolean): boolean {
  const [seen, setSeen] = useState(atOnce);
  useEffect(() => {
    if (seen) return;
    const watching = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true), {
      rootMargin: "200px",
    });
    watching.observe(at.current!);
    return () => watching.disconnect();
  }, [at, seen]);
  return seen;
}

/** One metric of all runs; asks for its values when it is first seen. */
function Chart({ ws, runs, keys, x, log, smooth, bounds, zoom, apart, first }: Props) {
  const t = useT();
  const at = useRef<HTMLElement>(null);
  const seen = useSeen(at, first);
  const [table, setTable] = useState(false);
  const ids = useMemo(() => runs.map((run) => run.name), [runs]);
  // Time counts from each run's own beginning, so what is zoomed to is no time of the server's.
  const among = x === "step" ? bounds : undefined;
  const { data, error, refetch } = useQuery({
    ...overlay(ws, viewOf(ids, keys, x, among)),
    enabled: seen,
  });
  const name = keys.join(" + ");
  const points = data?.reduce((sum, c) => sum + (c.points ?? c.x.length), 0) ?? 0;
  const drawn = data?.reduce((sum, c) => sum + c.x.length, 0) ?? 0;
  const odd = data?.reduce((sum, c) => sum + (c.odd ?? 0), 0) ?? 0;
  const [least, most] = useMemo(() => reachOf(data ?? []), [data]);
  const said = [
    data && t("compare.ofruns", { count: data.length }),
    drawn > 0 && t("chart.range", { min: value(least), max: value(most) }),
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <section className="card chart" ref={at} aria-label={name} data-metric={name}>
      <header>
        <h2 title={name}>
          <bdi>{name}</bdi>
        </h2>
        <small>{said}</small>
        <span className="grow" />
        {apart && (
          <button className="plainly" onClick={apart}>
            {t("compare.apart")}
          </button>
        )}
        <button className="plainly" onClick={() => setTable(!table)} aria-pressed={table}>
          {t("chart.table")}
        </button>
      </header>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <div style={{ height: 290 }} />
      ) : drawn === 0 ? (
        <p className="quiet">{odd ? t("chart.odd", { count: odd }) : t("chart.none")}</p>
      ) : table ? (
        <Values curves={data} runs={runs} />
      ) : data.every((curve) => curve.x.length === 1) ? (
        <Bars curves={data} runs={runs} least={Math.min(0, least)} most={Math.max(0, most)} />
      ) : (
        <RunsPlot
          curves={data}
          runs={runs}
          x={x}
          log={log}
          smooth={smooth}
          height={260}
          bounds={bounds}
          zoom={zoom}
          label={`${name}: ${said}`}
        />
      )}
      <footer>
        {points > drawn
          ? t("chart.drawn", { points: number(points), drawn: number(drawn) })
          : points > 0 && t("chart.points", { count: points })}
        {odd > 0 && points > 0 && ` · ${t("chart.odd", { count: odd })}`}
      </footer>
    </section>
  );
}

function reachOf(curves: readonly Overlaid[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const curve of curves) {
    for (const one of curve.low ?? curve.line) if (one < least) least = one;
    for (const one of curve.high ?? curve.line) if (one > most) most = one;
  }
  return [least, most];
}

/** What was logged once is no curve: a bar for each run. */
function Bars(props: { curves: readonly Overlaid[]; runs: readonly Row[]; least: number; most: number }) {
  const { curves, runs, least, most } = props;
  const t = useT();
  const names = new Map(runs.map((run) => [run.name, run.display_name]));
  const part = (one: number) => ((one - least) / (most - least || 1)) * 100;
  return (
    <div className="scroll bars" tabIndex={0} role="region" aria-label={t("compare.bars")}>
      <ul className="list">
        {curves.map((curve) => {
          const [from, to] = [part(Math.min(0, curve.line[0]!)), part(Math.max(0, curve.line[0]!))];
          return (
            <li key={`${curve.run} ${curve.key}`}>
              <span className="cut" title={names.get(curve.run)}>
                <bdi>{names.get(curve.run) ?? curve.run}</bdi>
              </span>
              <Bar run={curve.run} from={from} to={to} />
              <span className="num">{value(curve.line[0])}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** The first, last, least and greatest of each run, for those who do not see the chart. */
function Values({ curves, runs }: { curves: readonly Overlaid[]; runs: readonly Row[] }) {
  const t = useT();
  const names = new Map(runs.map((run) => [run.name, run.display_name]));
  return (
    <div className="scroll values" tabIndex={0}>
      <table className="plain" aria-label={t("chart.table")}>
        <thead>
          <tr>
            <th>{t("col.name")}</th>
            <th className="num">{t("compare.first")}</th>
            <th className="num">{t("compare.last")}</th>
            <th className="num">min</th>
            <th className="num">max</th>
          </tr>
        </thead>
        <tbody>
          {curves.map((curve) => {
            const [least, most] = reachOf([curve]);
            return (
              <tr key={`${curve.run} ${curve.key}`}>
                <td>
                  <bdi>{names.get(curve.run) ?? curve.run}</bdi>
                </td>
                <td className="num">{value(curve.line[0])}</td>
                <td className="num">{value(curve.line.at(-1))}</td>
                <td className="num">{value(least)}</td>
                <td className="num">{value(most)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
