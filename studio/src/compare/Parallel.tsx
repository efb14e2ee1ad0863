import { Button, Switch } from "@fluentui/react-components";
import { Link, useNavigate } from "@tanstack/react-router";
import { type PointerEvent, useCallback, useContext, useMemo, useRef, useState } from "react";

import { useT } from "../i18n";
import { ON_DARK, ON_LIGHT, shade } from "../kit/colours";
import { Empty } from "../kit/states";
import { value } from "../kit/time";
import { across, axisOf, brushed, closest, down, HEIGHT, NEAR, ROOM, SIDE, told, TOP, up } from "./axes";
import { type Look, useCanvas } from "./canvas";
import { ColourBy } from "./ColourBy";
import { Details } from "./Details";
import { type Dimension, dimensions, firstAxes, positive, share, within } from "./dimension";
import type { Given } from "./given";
import type { Axis } from "./search";
import { Strokes } from "./Swatch";

/** Each run a line across axes of what it was given and what came of it. */
export default function Parallel({ ws, runs, lines, search, set }: Given) {
  const t = useT();
  const navigate = useNavigate();
  const drawn = useContext(Strokes);
  const known = useMemo(() => dimensions(lines), [lines]);
  const axes = useMemo(
    () => (search.axes ?? firstAxes(lines, known)).filter((one) => known.has(one.k)),
    [search.axes, lines, known],
  );
  const shown = useMemo(() => axes.map((axis) => ({ axis, of: known.get(axis.k)! })), [axes, known]);
  const [hover, setHover] = useState<number | undefined>();
  const [brush, setBrush] = useState<{ n: number; from: number; to: number } | undefined>();
  const moved = useRef<{ n: number; from: number } | undefined>(undefined);
  const colour = known.get(search.colour ?? "") ?? (search.colour === undefined ? shown.findLast(({ of }) => of.group === "metrics" && !of.kinds)?.of : undefined);
  const live = useMemo(() => {
    const now = brush && brushed(shown, brush);
    return runs.map((_, n) => within(n, now ?? axes, known));
  }, [runs, axes, known, shown, brush]);
  const write = (next: readonly Axis[]) => set({ axes: next });
  const change = (n: number, next: Partial<Axis>) =>
    write(axes.map((one, k) => (k === n ? { ...one, ...next } : one)));
  const move = (from: number, to: number) => {
    if (to < 0 || to >= axes.length || to === from) return;
    const next = axes.filter((_, n) => n !== from);
    next.splice(to, 0, axes[from]!);
    write(next);
  };
  const least = SIDE * 2 + ROOM * Math.max(0, shown.length - 1);
  const draw = useCallback(
    (c: CanvasRenderingContext2D, width: number, height: number, look: Look) => {
      const colours = look.dark ? ON_DARK : ON_LIGHT;
      const of = (n: number) => {
        const value = colour?.at[n];
        if (colour && value !== null && value !== undefined)
          return shade(share(colour, value, false), look.dark);
        return colours[drawn.get(runs[n]!.name)?.colour ?? 0]!;
      };
      const path = (n: number) => {
        c.beginPath();
        let open = false;
        shown.forEach(({ axis, of }, k) => {
          const at = of.at[n] ?? null;
          if (at === null) open = false;
          else {
            const [x, y] = [across(k, shown.length, width), down(share(of, at, axis.log === true), height)];
            if (open) c.lineTo(x, y);
            else c.moveTo(x, y);
            open = true;
          }
        });
        c.stroke();
      };
      c.lineWidth = 1;
      c.strokeStyle = look.line;
      runs.forEach((_, n) => !live[n] && path(n));
      c.lineWidth = runs.length > 60 ? 1.2 : 1.8;
      c.globalAlpha = hover !== undefined ? 0.3 : runs.length > 60 ? 0.55 : 0.85;
      runs.forEach((_, n) => {
        if (!live[n] || n === hover) return;
        c.strokeStyle = of(n);
        path(n);
      });
      c.globalAlpha = 1;
      if (hover !== undefined) {
        c.lineWidth = 3.5;
        c.strokeStyle = of(hover);
        path(hover);
      }
      const room = (width - SIDE * 2) / Math.max(1, shown.length - 1);
      shown.forEach((one, k) => axisOf(c, one, k, shown.length, width, height, room, look, brush));
    },
    [runs, shown, live, hover, colour, drawn, brush],
  );
  const { box, canvas, width } = useCanvas(draw, HEIGHT, least);
  const place = (event: PointerEvent) => {
    const at = canvas.current!.getBoundingClientRect();
    return [event.clientX - at.left, event.clientY - at.top] as const;
  };
  const axisAt = (x: number) =>
    shown.findIndex((_, k) => Math.abs(across(k, shown.length, width) - x) <= NEAR + 4);
  if (shown.length < 2 && known.size < 2) return <Empty title={t("compare.noaxes")} />;
  const count = live.filter(Boolean).length;
  const said = t("compare.parallel.said", {
    runs: runs.length,
    shown: count,
    axes: shown.map(({ of }) => of.name).join(", "),
  });
  const named = hover === undefined ? undefined : runs[hover];
  return (
    <div className="card">
      <div className="row wrap controls">
        <ColourBy known={known} chosen={search.colour} shown={colour} set={(next) => set({ colour: next })} />
        <label className="row">
          {t("compare.axis.add")}
          <select value="" onChange={(e) => e.target.value && write([...axes, { k: e.target.value }])}>
            <option value="" />
            {[...known.values()]
              .filter((one) => !axes.some((axis) => axis.k === one.id))
              .map((one) => (
                <option key={one.id} value={one.id}>
                  {t(`compare.${one.group}`)}: {one.name}
                </option>
              ))}
          </select>
        </label>
        {axes.some((one) => one.lo !== undefined || one.hi !== undefined) && (
          <>
            <Button size="small" onClick={() => write(axes.map(({ k, log }) => ({ k, log })))}>
              {t("compare.brush.clear")}
            </Button>
            <Button
              size="small"
              disabled={count === 0 || count === runs.length}
              onClick={() => set({ runs: runs.filter((_, n) => live[n]).map((run) => run.name).join(",") }, true)}
            >
              {t("compare.brush.keep", { count })}
            </Button>
          </>
        )}
        <span className="grow" />
        {named && (
          <b className="cut">
            <bdi>{named.display_name}</bdi>
          </b>
        )}
        <span className="quiet" role="status">
          {t("compare.brush.count", { count, total: runs.length })}
        </span>
      </div>
      <div className="drawing" ref={box} data-testid="parallel" tabIndex={0}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={said}
          style={{ width, height: HEIGHT, cursor: hover === undefined ? "crosshair" : "pointer" }}
          onPointerDown={(event) => {
            const [x, y] = place(event);
            const n = axisAt(x);
            if (y < TOP - 14) {
              const near = shown.findIndex((_, k) => Math.abs(across(k, shown.length, width) - x) < ROOM / 2);
              if (near >= 0) moved.current = { n: near, from: x };
            } else if (n >= 0) setBrush({ n, from: up(y), to: up(y) });
            else return;
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => {
            const [x, y] = place(event);
            if (brush) setBrush({ ...brush, to: up(y) });
            else if (!moved.current) setHover(closest(shown, live, width, x, y));
          }}
          onPointerUp={(event) => {
            const [x] = place(event);
            if (moved.current) {
              const room = (width - SIDE * 2) / Math.max(1, shown.length - 1);
              const to = Math.round((x - SIDE) / room);
              if (Math.abs(x - moved.current.from) > 10) move(moved.current.n, Math.min(axes.length - 1, Math.max(0, to)));
              moved.current = undefined;
            } else if (brush) {
              write(brushed(shown, brush));
              setBrush(undefined);
            } else if (named)
              void navigate({ to: "/w/$ws/jobs/$name", params: { ws, name: named.name } });
          }}
          onPointerLeave={() => !brush && setHover(undefined)}
        />
      </div>
      <p className="quiet">{t("compare.parallel.hint")}</p>
      <Details className="axes" summary={t("compare.axes", { count: axes.length })}>
        {() => (
        <div className="scroll-x">
          <table className="plain" aria-label={t("compare.axes", { count: axes.length })}>
            <tbody>
              {shown.map(({ axis, of }, n) => (
                <tr key={axis.k}>
                  <th scope="row">
                    <bdi>{of.name}</bdi>
                  </th>
                  <td className="nowrap">
                    <Button size="small" appearance="subtle" disabled={n === 0} onClick={() => move(n, n - 1)} aria-label={t("compare.axis.left", { name: of.name })}>
                      ◂
                    </Button>
                    <Button size="small" appearance="subtle" disabled={n === axes.length - 1} onClick={() => move(n, n + 1)} aria-label={t("compare.axis.right", { name: of.name })}>
                      ▸
                    </Button>
                  </td>
                  <td>
                    <Bound of={of} label={t("compare.axis.from", { name: of.name })} value={axis.lo} hint={of.low} set={(lo) => change(n, { lo })} />
                  </td>
                  <td>
                    <Bound of={of} label={t("compare.axis.to", { name: of.name })} value={axis.hi} hint={of.high} set={(hi) => change(n, { hi })} />
                  </td>
                  <td>
                    <Switch
                      label={t("compare.axis.log")}
                      aria-label={`${t("compare.axis.log")}: ${of.name}`}
                      disabled={!positive(of)}
                      checked={axis.log === true}
                      onChange={(_, { checked }) => change(n, { log: checked ? true : undefined })}
                    />
                  </td>
                  <td>
                    <Button size="small" appearance="subtle" disabled={axes.length < 3} aria-label={t("compare.axis.drop", { name: of.name })} onClick={() => write(axes.filter((_, k) => k !== n))}>
                      ✕
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        )}
      </Details>
      <Details summary={t("chart.table")}>
        {() => (
        <div className="scroll values tall" tabIndex={0}>
          <table className="plain" aria-label={t("chart.table")}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                {shown.map(({ of }) => (
                  <th key={of.id} className={of.kinds ? undefined : "num"}>
                    <bdi>{of.name}</bdi>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {runs.map(
                (run, n) =>
                  live[n] && (
                    <tr key={run.name} onFocus={() => setHover(n)} onBlur={() => setHover(undefined)}>
                      <th scope="row">
                        <Link to="/w/$ws/jobs/$name" params={{ ws, name: run.name }}>
                          <bdi>{run.display_name}</bdi>
                        </Link>
                      </th>
                      {shown.map(({ of }) => (
                        <td key={of.id} className={of.kinds ? undefined : "num"}>
                          {told(of, of.at[n] ?? null)}
                        </td>
                      ))}
                    </tr>
                  ),
              )}
            </tbody>
          </table>
        </div>
        )}
      </Details>
    </div>
  );
}

interface BoundProps {
  of: Dimension;
  label: string;
  value: number | undefined;
  hint: number;
  set: (to: number | undefined) => void;
}

function Bound({ of, label, value: now, hint, set }: BoundProps) {
  if (of.kinds)
    return (
      <select aria-label={label} value={now ?? ""} onChange={(e) => set(e.target.value === "" ? undefined : Number(e.target.value))}>
        <option value="" />
        {of.kinds.map((kind, n) => (
          <option key={kind} value={n}>
            {kind}
          </option>
        ))}
      </select>
    );
  return (
    <input
      type="number"
      step="any"
      aria-label={label}
      placeholder={value(hint)}
      value={now ?? ""}
      onChange={(e) => set(e.target.value === "" ? undefined : Number(e.target.value))}
    />
  );
}
