import { Switch } from "@fluentui/react-components";
import { Link, useNavigate } from "@tanstack/react-router";
import { useContext, useMemo, useState } from "react";

import { useT } from "../i18n";
import { ON_DARK, ON_LIGHT, shade } from "../kit/colours";
import { Empty } from "../kit/states";
import { value } from "../kit/time";
import type { Look } from "./canvas";
import { ColourBy } from "./ColourBy";
import { Details } from "./Details";
import { Dots } from "./Dots";
import { type Dimension, dimensions, firstAxes, positive, share } from "./dimension";
import type { Given } from "./given";
import { Strokes } from "./Swatch";

/** Two things the runs say against each other; a third in the colour. */
export default function Scatter({ ws, runs, lines, search, set }: Given) {
  const t = useT();
  const navigate = useNavigate();
  const drawn = useContext(Strokes);
  const known = useMemo(() => dimensions(lines), [lines]);
  const first = useMemo(() => firstAxes(lines, known).map((one) => known.get(one.k)!), [lines, known]);
  const x = known.get(search.sx ?? "") ?? first[0];
  const y = known.get(search.sy ?? "") ?? first.findLast((one) => one.group === "metrics") ?? first[1];
  const colour = known.get(search.colour ?? "");
  const [chosen, setChosen] = useState<string | undefined>();
  const logs = (search.slog ?? "").split(",");
  const log = { x: logs.includes("x") && x !== undefined && positive(x), y: logs.includes("y") && y !== undefined && positive(y) };
  const dots = useMemo(
    () =>
      runs.flatMap((run, n) => {
        const [at, up] = [x?.at[n] ?? null, y?.at[n] ?? null];
        if (at === null || up === null) return [];
        const tint = colour?.at[n] ?? null;
        const own = drawn.get(run.name)?.colour ?? 0;
        return {
          id: run.name,
          name: run.display_name,
          x: at,
          y: up,
          colour: ({ dark }: Look) =>
            colour && tint !== null
              ? shade(share(colour, tint, false), dark)
              : (dark ? ON_DARK : ON_LIGHT)[own]!,
        };
      }),
    [runs, x, y, colour, drawn],
  );
  const scales = useMemo(
    () => ({
      x: { name: x?.name ?? "", kinds: x?.kinds, log: log.x },
      y: { name: y?.name ?? "", kinds: y?.kinds, log: log.y },
    }),
    [x, y, log.x, log.y],
  );
  if (!x || !y) return <Empty title={t("compare.noaxes")} />;
  const open = (name: string) => void navigate({ to: "/w/$ws/jobs/$name", params: { ws, name } });
  const said = t("compare.scatter.said", { count: dots.length, x: x.name, y: y.name });
  const choice = (which: "sx" | "sy", label: string, now: Dimension) => (
    <label className="row">
      {label}
      <select value={now.id} onChange={(e) => set({ [which]: e.target.value })}>
        {[...known.values()].map((one) => (
          <option key={one.id} value={one.id}>
            {t(`compare.${one.group}`)}: {one.name}
          </option>
        ))}
      </select>
    </label>
  );
  const flip = (which: "x" | "y", on: boolean) => {
    const next = ["x", "y"].filter((one) => (one === which ? on : logs.includes(one)));
    set({ slog: next.join(",") || undefined });
  };
  return (
    <div className="card">
      <div className="row wrap controls">
        {choice("sx", "x", x)}
        <Switch label={t("compare.log", { axis: "x" })} disabled={!positive(x)} checked={log.x} onChange={(_, { checked }) => flip("x", checked)} />
        {choice("sy", "y", y)}
        <Switch label={t("compare.log", { axis: "y" })} disabled={!positive(y)} checked={log.y} onChange={(_, { checked }) => flip("y", checked)} />
        <ColourBy known={known} chosen={search.colour ?? "run"} shown={colour} set={(next) => set({ colour: next })} />
      </div>
      <Dots dots={dots} x={scales.x} y={scales.y} label={said} chosen={chosen} open={open} />
      <p className="quiet">{said}</p>
      <Details summary={t("chart.table")}>
        {() => (
        <div className="scroll values tall" tabIndex={0}>
          <table className="plain" aria-label={t("chart.table")}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                <th className="num">{x.name}</th>
                <th className="num">{y.name}</th>
              </tr>
            </thead>
            <tbody>
              {dots.map((dot) => (
                <tr key={dot.id} onFocus={() => setChosen(dot.id)} onBlur={() => setChosen(undefined)}>
                  <th scope="row">
                    <Link to="/w/$ws/jobs/$name" params={{ ws, name: dot.id }}>
                      <bdi>{dot.name}</bdi>
                    </Link>
                  </th>
                  <td className="num">{x.kinds?.[dot.x] ?? value(dot.x)}</td>
                  <td className="num">{y.kinds?.[dot.y] ?? value(dot.y)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        )}
      </Details>
    </div>
  );
}
