import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Problem } from "../kit/states";
import { number, value } from "../kit/time";
import { Plot } from "./Plot";

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
}

/** A chart asks for its values when it is first seen, as many as it has pixels. */
export function Chart(props: Props) {
  const t = useT();
  const { ws, runs, names, metric, x, log, smooth, bounds, zoom, height = 180 } = props;
  const at = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  const [table, setTable] = useState(false);
  useEffect(() => {
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        setWidth(Math.min(2000, Math.max(200, Math.round(entry.boundingClientRect.width - 80))));
        seen.disconnect();
      },
      { rootMargin: "200px" },
    );
    seen.observe(at.current!);
    return () => seen.disconnect();
  }, []);
  const { data, error, refetch } = useQuery({
    ...queries.curves(ws, { runs, key: metric, width, x, first: bounds?.[0], last: bounds?.[1] }),
    enabled: width > 0,
  });
  const counted = data?.every((c) => c.points !== null) ?? false;
  const points = data?.reduce((sum, c) => sum + (c.points ?? c.x.length), 0) ?? 0;
  const drawn = data?.reduce((sum, c) => sum + c.x.length, 0) ?? 0;
  const odd = data?.reduce((sum, c) => sum + (c.odd ?? 0), 0) ?? 0;
  const least = Math.min(...(data ?? []).flatMap((c) => c.low));
  const most = Math.max(...(data ?? []).flatMap((c) => c.high));
  const last = data?.length === 1 ? data[0]!.line.at(-1) : undefined;
  const said = [
    last !== undefined && t("chart.last", { value: value(last) }),
    drawn > 0 && t("chart.range", { min: value(least), max: value(most) }),
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <section className="card chart" ref={at} aria-label={metric} data-metric={metric}>
      <header>
        <h2 title={metric}>
          <bdi>{metric}</bdi>
        </h2>
        <small>{said}</small>
        <span className="grow" />
        <Button size="small" appearance="subtle" onClick={() => setTable(!table)} aria-pressed={table}>
          {t("chart.table")}
        </Button>
      </header>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <div style={{ height: height + 30 }} />
      ) : points === 0 ? (
        <p className="quiet">{odd ? t("chart.odd", { count: odd }) : t("chart.none")}</p>
      ) : table ? (
        <Values curves={data} names={names} />
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
        />
      )}
      <footer>
        {!counted && data
          ? t("chart.some", { drawn: number(drawn) })
          : points > drawn
          ? t("chart.drawn", { points: number(points), drawn: number(drawn) })
          : points > 0 && t("chart.points", { count: points })}
        {odd > 0 && points > 0 && ` · ${t("chart.odd", { count: odd })}`}
      </footer>
    </section>
  );
}

function Values(props: { curves: readonly import("../api/client").Curve[]; names: Record<string, string> }) {
  const t = useT();
  return (
    <div className="scroll values" tabIndex={0}>
      {props.curves.map((curve) => (
        <table key={curve.run} className="plain" aria-label={props.names[curve.run] ?? curve.run}>
          <thead>
            <tr>
              <th className="num">x</th>
              <th className="num">min</th>
              <th className="num">{t("chart.mean")}</th>
              <th className="num">max</th>
            </tr>
          </thead>
          <tbody>
            {curve.x.slice(0, 400).map((x, n) => (
              <tr key={x + n / 1e6}>
                <td className="num">{x}</td>
                <td className="num">{value(curve.low[n])}</td>
                <td className="num">{value(curve.line[n])}</td>
                <td className="num">{value(curve.high[n])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}
