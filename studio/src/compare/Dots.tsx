import { useCallback, useState } from "react";

import { time, value, when } from "../kit/time";
import { fitted, type Look, useCanvas } from "./canvas";

const [TOP, RIGHT, BOTTOM, LEFT] = [16, 20, 44, 70];
const NEAR = 12;

export interface Dot {
  id: string;
  name: string;
  x: number;
  y: number;
  colour: (look: Look) => string;
}
/** kinds: of texts, those; log: whether to draw its logarithm; time: it is epoch ms. */
export interface Scale {
  name: string;
  log?: boolean;
  time?: boolean;
  kinds?: readonly string[];
}

interface Props {
  dots: readonly Dot[];
  x: Scale;
  y: Scale;
  height?: number;
  label: string;
  chosen?: string;
  open: (id: string) => void;
}

/** Dots that say whose they are, and lead there. */
export function Dots({ dots, x, y, height = 380, label, chosen, open }: Props) {
  const [over, setOver] = useState<string | undefined>();
  const hover = over ?? chosen;
  const draw = useCallback(
    (c: CanvasRenderingContext2D, width: number, height: number, look: Look) => {
      const [xs, ys] = [reach(dots, "x", x), reach(dots, "y", y)];
      c.font = look.font;
      c.lineWidth = 1;
      const close = x.time === true && xs[1] - xs[0] < 600_000;
      let free = 0;
      for (const tick of ticks(xs, x)) {
        const at = placed(tick, xs, x, LEFT, width - RIGHT);
        rule(c, look, at, TOP, at, height - BOTTOM);
        c.textAlign = "center";
        const text = fitted(c, close ? time(new Date(tick).toISOString()) : told(tick, x), 90);
        const half = c.measureText(text).width / 2;
        if (at - half < free) continue; // no room for another
        free = at + half + 8;
        c.fillText(text, at, height - BOTTOM + 16);
      }
      for (const tick of ticks(ys, y)) {
        const at = placed(tick, ys, y, height - BOTTOM, TOP);
        rule(c, look, LEFT, at, width - RIGHT, at);
        c.textAlign = "right";
        c.fillText(fitted(c, told(tick, y), LEFT - 10), LEFT - 6, at + 4);
      }
      c.fillStyle = look.ink;
      c.textAlign = "center";
      c.fillText(fitted(c, x.name, width - LEFT - RIGHT), (LEFT + width - RIGHT) / 2, height - 8);
      c.textAlign = "left";
      c.fillText(fitted(c, y.name, width / 2), 4, 11);
      for (const dot of dots) {
        const [at, up] = [
          placed(dot.x, xs, x, LEFT, width - RIGHT),
          placed(dot.y, ys, y, height - BOTTOM, TOP),
        ];
        c.beginPath();
        c.arc(at, up, dot.id === hover ? 8 : 5, 0, 7);
        c.globalAlpha = hover === undefined || dot.id === hover ? 0.9 : 0.45;
        c.fillStyle = dot.colour(look);
        c.fill();
        c.globalAlpha = 1;
        c.strokeStyle = dot.id === hover ? look.ink : look.card;
        c.stroke();
      }
      const named = dots.find((dot) => dot.id === hover);
      if (named) {
        const text = fitted(c, `${named.name}: ${told(named.x, x)} → ${told(named.y, y)}`, width - 40);
        const long = c.measureText(text).width;
        const at = Math.min(width - long - 16, Math.max(8, placed(named.x, xs, x, LEFT, width - RIGHT) + 10));
        const up = Math.max(24, placed(named.y, ys, y, height - BOTTOM, TOP) - 14);
        c.fillStyle = look.card;
        c.strokeStyle = look.line;
        c.fillRect(at - 4, up - 15, long + 10, 21);
        c.strokeRect(at - 4, up - 15, long + 10, 21);
        c.fillStyle = look.ink;
        c.textAlign = "left";
        c.fillText(text, at, up);
      }
    },
    [dots, x, y, hover],
  );
  const { box, canvas, width } = useCanvas(draw, height, 280);
  const near = (left: number, top: number): string | undefined => {
    const [xs, ys] = [reach(dots, "x", x), reach(dots, "y", y)];
    let found: string | undefined;
    let least = NEAR;
    for (const dot of dots) {
      const far = Math.hypot(
        placed(dot.x, xs, x, LEFT, width - RIGHT) - left,
        placed(dot.y, ys, y, height - BOTTOM, TOP) - top,
      );
      if (far < least) [least, found] = [far, dot.id];
    }
    return found;
  };
  return (
    <div className="drawing" ref={box} tabIndex={0}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        style={{ width, height, cursor: over ? "pointer" : undefined }}
        onPointerMove={(event) => {
          const at = event.currentTarget.getBoundingClientRect();
          setOver(near(event.clientX - at.left, event.clientY - at.top));
        }}
        onPointerLeave={() => setOver(undefined)}
        onClick={() => over !== undefined && open(over)}
      />
    </div>
  );
}

function rule(c: CanvasRenderingContext2D, look: Look, x: number, y: number, toX: number, toY: number): void {
  c.strokeStyle = look.line;
  c.beginPath();
  c.moveTo(Math.round(x) + 0.5, Math.round(y) + 0.5);
  c.lineTo(Math.round(toX) + 0.5, Math.round(toY) + 0.5);
  c.stroke();
  c.fillStyle = look.quiet;
}

const straight = (value: number, scale: Scale): number => (scale.log ? Math.log10(value) : value);

function reach(dots: readonly Dot[], which: "x" | "y", scale: Scale): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const dot of dots) {
    const at = straight(dot[which], scale);
    if (at < low) low = at;
    if (at > high) high = at;
  }
  if (low === high) return [low - 1, high + 1];
  const edge = (high - low) * 0.04;
  return [low - edge, high + edge];
}

function placed(value: number, [low, high]: readonly [number, number], scale: Scale, from: number, to: number): number {
  return from + ((straight(value, scale) - low) / (high - low)) * (to - from);
}

/** About five round values. */
function ticks([low, high]: readonly [number, number], scale: Scale): number[] {
  if (scale.kinds) return scale.kinds.map((_, n) => n);
  if (scale.log) {
    const whole = [];
    for (let n = Math.ceil(low); n <= Math.floor(high); n += 1) whole.push(10 ** n);
    if (whole.length > 1) return whole;
    return [0.1, 0.4, 0.7, 1].map((one) => 10 ** (low + one * (high - low)));
  }
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = scale.time ? rough : ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const found = [];
  for (let at = scale.time ? low + step / 2 : Math.ceil(low / step) * step; at <= high; at += step) found.push(at);
  return found;
}

function told(at: number, scale: Scale): string {
  if (scale.kinds) return scale.kinds[at] ?? "";
  if (scale.time) return when(new Date(at).toISOString());
  return value(Number(at.toPrecision(6)));
}
