// Where axes, brushes and lines lie on the drawing of parallel coordinates.
import { value } from "../kit/time";
import { fitted, type Look } from "./canvas";
import { back, type Dimension, share } from "./dimension";
import type { Axis } from "./search";

export const HEIGHT = 400;
export const [TOP, BOTTOM, SIDE] = [52, 26, 64];
export const ROOM = 92; // the least between two axes
export const NEAR = 7; // pixels that count as touching

export interface Shown {
  axis: Axis;
  of: Dimension;
}

export const told = (of: Dimension, at: number | null): string =>
  at === null ? "–" : (of.kinds?.[at] ?? value(at));

export const across = (n: number, of: number, width: number): number =>
  of < 2 ? width / 2 : SIDE + (n * (width - SIDE * 2)) / (of - 1);
export const down = (share: number, height: number): number =>
  height - BOTTOM - share * (height - TOP - BOTTOM);
export const up = (y: number): number => (HEIGHT - BOTTOM - y) / (HEIGHT - TOP - BOTTOM);

/** The axes with what is being brushed; a mere click takes a brush away. */
export function brushed(shown: readonly Shown[], brush: { n: number; from: number; to: number }): Axis[] {
  return shown.map(({ axis, of }, n) => {
    if (n !== brush.n) return axis;
    const { k, log } = axis;
    if (Math.abs(brush.from - brush.to) < 0.01) return { k, log };
    const [low, high] = [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)];
    const at = (share: number) => Number(back(of, share, log === true).toPrecision(6));
    return { k, log, lo: low <= 0 ? undefined : at(low), hi: high >= 1 ? undefined : at(high) };
  });
}

/** The run whose line is nearest to the pointer. */
export function closest(shown: readonly Shown[], live: readonly boolean[], width: number, x: number, y: number): number | undefined {
  const room = (width - SIDE * 2) / Math.max(1, shown.length - 1);
  const n = Math.min(shown.length - 2, Math.max(0, Math.floor((x - SIDE) / room)));
  const [left, right] = [shown[n], shown[n + 1]];
  if (!left || !right) return undefined;
  const part = Math.min(1, Math.max(0, (x - across(n, shown.length, width)) / room));
  let found: number | undefined;
  let least = NEAR;
  live.forEach((on, run) => {
    const [a, b] = [left.of.at[run] ?? null, right.of.at[run] ?? null];
    if (!on || a === null || b === null) return;
    const from = down(share(left.of, a, left.axis.log === true), HEIGHT);
    const to = down(share(right.of, b, right.axis.log === true), HEIGHT);
    const far = Math.abs(from + (to - from) * part - y);
    if (far < least) [least, found] = [far, run];
  });
  return found;
}

export function axisOf(
  c: CanvasRenderingContext2D,
  { axis, of }: Shown,
  k: number,
  all: number,
  width: number,
  height: number,
  room: number,
  look: Look,
  brush: { n: number; from: number; to: number } | undefined,
): void {
  const x = across(k, all, width);
  const [top, bottom] = [down(1, height), down(0, height)];
  c.lineWidth = 1;
  c.strokeStyle = look.quiet;
  c.beginPath();
  c.moveTo(x, top);
  c.lineTo(x, bottom);
  c.stroke();
  const at = (one: number) => down(share(of, one, axis.log === true), height);
  const now = brush?.n === k ? [brush.from, brush.to] : undefined;
  if (now || axis.lo !== undefined || axis.hi !== undefined) {
    const [a, b] = now
      ? [down(now[0]!, height), down(now[1]!, height)]
      : [axis.lo === undefined ? bottom : at(axis.lo), axis.hi === undefined ? top : at(axis.hi)];
    c.fillStyle = look.brand;
    c.globalAlpha = 0.25;
    c.fillRect(x - 7, Math.min(a, b), 14, Math.max(3, Math.abs(a - b)));
    c.globalAlpha = 1;
    c.strokeStyle = look.brand;
    c.strokeRect(x - 7, Math.min(a, b), 14, Math.max(3, Math.abs(a - b)));
  }
  c.font = look.font;
  c.textAlign = "center";
  c.fillStyle = look.ink;
  c.fillText(fitted(c, of.name, Math.max(40, room - 10)), x, 20);
  c.fillStyle = look.quiet;
  if (axis.log) c.fillText("log", x, 36);
  const ticks = of.kinds
    ? of.kinds.length <= 12
      ? of.kinds.map((_, n) => n)
      : [of.low, of.high]
    : [0, 0.25, 0.5, 0.75, 1].map((one) => back(of, one, axis.log === true));
  c.textAlign = "left";
  c.textBaseline = "middle";
  for (const tick of of.high === of.low ? [of.low] : ticks) {
    const text = fitted(c, told(of, tick), Math.min(60, room - 14));
    const long = c.measureText(text).width;
    c.globalAlpha = 0.75;
    c.fillStyle = look.card;
    c.fillRect(x + 5, at(tick) - 8, long + 4, 16);
    c.globalAlpha = 1;
    c.fillStyle = look.quiet;
    c.fillText(text, x + 7, at(tick));
  }
  c.textBaseline = "alphabetic";
}
