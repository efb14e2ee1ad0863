// What runs say of one thing, as places on an axis.
import type { Line } from "../api/client";
import { numeric, type Shown } from "./differences";
import type { Axis } from "./search";

const KINDS = 40; // more texts than that are no axis
const FIRST = 8; // axes to begin with

/** at: the place of each run on the axis; null where it has none. kinds: of an axis of texts those,
 * in the order of their places. */
export interface Dimension {
  id: string;
  name: string;
  group: Line["group"];
  at: readonly (number | null)[];
  kinds?: readonly string[];
  low: number;
  high: number;
}

/** The axis of a line; undefined when nothing of it can be placed on one. */
export function dimension(line: Shown): Dimension | undefined {
  const there = line.values.filter((one) => one !== null);
  if (there.length === 0) return undefined;
  const numbers = line.values.map(numeric);
  const of = { id: line.id, name: line.name, group: line.group };
  const measured = line.group === "metrics" || line.group === "system";
  if (measured || there.every((one) => numeric(one) !== null)) {
    const finite = numbers.filter((one) => one !== null);
    if (finite.length === 0) return undefined;
    return { ...of, at: numbers, low: Math.min(...finite), high: Math.max(...finite) };
  }
  const kinds = [...new Set(there.map(String))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  if (kinds.length > KINDS) return undefined;
  const at = line.values.map((one) => (one === null ? null : kinds.indexOf(String(one))));
  return { ...of, at, kinds, low: 0, high: kinds.length - 1 };
}

export const dimensions = (lines: readonly Shown[]): Map<string, Dimension> =>
  new Map(
    lines.flatMap((line) => {
      const found = dimension(line);
      return found ? [[line.id, found] as const] : [];
    }),
  );

/** What differs, parameters before metrics. */
export function firstAxes(lines: readonly Shown[], known: ReadonlyMap<string, Dimension>): Axis[] {
  const of = (group: Line["group"], most: number) =>
    lines.filter((one) => one.group === group && one.differs && known.has(one.id)).slice(0, most);
  const metrics = of("metrics", 4);
  const params = of("params", FIRST - Math.min(3, metrics.length));
  return [...params, ...metrics.slice(0, FIRST - params.length)].map((one) => ({ k: one.id }));
}

/** Whether a logarithm can be taken of all of it. */
export const positive = (of: Dimension): boolean => of.kinds === undefined && of.low > 0;

/** Where a value lies, 0 to 1 from the low to the high end. */
export function share(of: Dimension, value: number, log: boolean): number {
  if (of.high === of.low) return 0.5;
  if (log && positive(of))
    return (Math.log(value) - Math.log(of.low)) / (Math.log(of.high) - Math.log(of.low));
  return (value - of.low) / (of.high - of.low);
}

/** The value that lies there. */
export function back(of: Dimension, at: number, log: boolean): number {
  const share = Math.min(1, Math.max(0, at));
  if (log && positive(of))
    return Math.exp(Math.log(of.low) + share * (Math.log(of.high) - Math.log(of.low)));
  return of.low + share * (of.high - of.low);
}

/** Whether a run lies in all that is brushed. */
export const within = (n: number, axes: readonly Axis[], known: ReadonlyMap<string, Dimension>): boolean =>
  axes.every(({ k, lo, hi }) => {
    if (lo === undefined && hi === undefined) return true;
    const value = known.get(k)?.at[n] ?? null;
    return value !== null && (lo === undefined || value >= lo) && (hi === undefined || value <= hi);
  });
