import "./charts.css";

import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";

import type { Curve } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Problem } from "../kit/states";
import { number, value } from "../kit/time";
import { csv, said as saidOf } from "./curves";
import { idle } from "./groups";
import { useNear } from "./near";
import { Plot } from "./Plot";
import { isSystem } from "./smooth";
import { plotWidth } from "./widths";

interface Props {
  ws: string;
  runs: readonly string[];
  names: Record<string, string>;
  metric: string;
  x: "step" | "time";
  log: boolean;
  smooth: number;
  bounds: [number, number] | undefined;
  zoom: (bounds: [number, number] | undefined) => void;
  height?: number;
  large?: boolean;
  enlarge?: (large: boolean) => void;
}

/** The place of a chart. What is in it is there while it is near the window, and asks for as many
 * values as it has pixels; two thousand metrics cost two thousand empty boxes. */
export function Chart(props: Props) {
  const at = useRef<HTMLElement>(null);
  const { near, width, height: was } = useNear(at);
  const [table, setTable] = useState(false);
  const height = props.large ? 420 : (props.height ?? 180);
  return (
    <section
      className={props.large ? "card chart large" : "card chart"}
      ref={at}
      aria-label={props.metric}
      data-metric={props.metric}
      style={near ? undefined : { minHeight: Math.max(was, height + 92) }}
    >
      {near && <Inside {...props} key={props.metric} height={height} width={plotWidth(width)} table={table} setTable={setTable} />}
    </section>
  );
}

interface InsideProps extends Props {
  height: number;
  width: number;
  table: boolean;
  setTable: (table: boolean) => void;
}

function Inside(props: InsideProps) {
  const t = useT();
  const { ws, runs, names, metric, x, log, smooth, bounds, zoom, height, width, table } = props;
  const { data, error, refetch } = useQuery(
    queries.curves(ws, { runs, key: metric, width, x, first: bounds?.[0], last: bounds?.[1] }),
  );
  const told = saidOf(data ?? []);
  const { counted, points, drawn, odd, least, most, last } = told;
  const said = [
    last !== undefined && t("chart.last", { value: value(last) }),
    drawn > 0 && t("chart.range", { min: value(least), max: value(most) }),
  ]
    .filter(Boolean)
    .join(" · ");
  const save = () => {
    const url = URL.createObjectURL(new Blob([csv(data ?? [], names, x)], { type: "text/csv" }));
    const link = Object.assign(document.createElement("a"), {
      href: url,
      download: `${metric.replace(/[^\w.-]+/g, "_")}.csv`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <>
      <header>
        <h2 title={metric}>
          <bdi>{isSystem(metric) ? metric.slice("system/".length) : metric}</bdi>
        </h2>
        <small>{said}</small>
        <span className="grow" />
        <button className="why" aria-pressed={table} onClick={() => props.setTable(!table)}>
          {t("chart.table")}
        </button>
        <button className="why" disabled={!drawn} title={t("chart.csv.title")} onClick={save}>
          CSV
        </button>
        {props.enlarge && (
          <button
            className="why"
            aria-pressed={props.large ?? false}
            aria-label={t("chart.large")}
            title={t("chart.large")}
            onClick={() => props.enlarge!(!props.large)}
          >
            <span aria-hidden="true">⤢</span>
          </button>
        )}
      </header>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <div style={{ height: height + 30 }} />
      ) : drawn === 0 ? (
        <p className="quiet" style={{ minHeight: height + 16 }}>
          {odd ? t("chart.odd", { count: odd }) : t("chart.none")}
        </p>
      ) : table ? (
        <Values curves={data} names={names} x={x} height={height + 30} />
      ) : (
        <Plot
          curves={data}
          names={names}
          x={x}
          log={log}
          smooth={smooth}
          height={height}
          zoom={zoom}
          label={`${metric}: ${said}`}
          percent={isSystem(metric) && metric.endsWith("percentage")}
        />
      )}
      <footer>
        {idle(metric, data?.[0]) && <b className="note-in">⚠ {t("monitoring.idle")} · </b>}
        {!counted && data
          ? t("chart.some", { drawn: number(drawn) })
          : points > drawn
            ? t("chart.drawn", { points: number(points), drawn: number(drawn) })
            : points > 0 && t("chart.points", { count: points })}
        {odd > 0 && points > 0 && ` · ${t("chart.odd", { count: odd })}`}
      </footer>
    </>
  );
}

interface ValuesProps {
  curves: readonly Curve[];
  names: Record<string, string>;
  x: "step" | "time";
  height: number;
}

function Values({ curves, names, x, height }: ValuesProps) {
  const t = useT();
  const shown = (at: number) => (x === "time" ? new Date(at).toISOString() : number(at));
  return (
    <div className="scroll values" tabIndex={0} style={{ height }}>
      {curves.map((curve) => (
        <table key={curve.run} className="plain" aria-label={names[curve.run] ?? curve.run}>
          <thead>
            <tr>
              <th className="num">{t(x === "time" ? "chart.time" : "chart.step")}</th>
              <th className="num">min</th>
              <th className="num">{t("chart.mean")}</th>
              <th className="num">max</th>
            </tr>
          </thead>
          <tbody>
            {curve.x.slice(0, 400).map((at, n) => (
              <tr key={n}>
                <td className="num">{shown(at)}</td>
                <td className="num">{value(curve.low[n])}</td>
                <td className="num">{value(curve.line[n])}</td>
                <td className="num">{value(curve.high[n])}</td>
              </tr>
            ))}
          </tbody>
          {curve.x.length > 400 && (
            <tfoot>
              <tr>
                <td colSpan={4}>{t("chart.rest", { count: curve.x.length - 400 })}</td>
              </tr>
            </tfoot>
          )}
        </table>
      ))}
    </div>
  );
}
