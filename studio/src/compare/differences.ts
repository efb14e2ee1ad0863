import type { Line } from "../api/client";

export type Value = number | string | null;
export interface Shown extends Line {
  id: string;
  differs: boolean;
}
/** One column: a run, or several that a group is made of. */
export interface Column {
  id: string;
  title: string;
  runs: readonly number[];
}

export const idOf = (line: Pick<Line, "group" | "name">): string => `${line.group}.${line.name}`;

/** The lines, with whether they say the same of every run; what one lacks differs. */
export const marked = (lines: readonly Line[]): Shown[] =>
  lines.map((line) => ({
    ...line,
    id: idOf(line),
    differs: line.values.some((one) => one !== line.values[0]),
  }));

/** A column for each run, or for each value of the line the runs are grouped by. */
export function columnsOf(
  runs: readonly { name: string; display_name: string }[],
  by: Shown | undefined,
): Column[] {
  if (!by) return runs.map((run, n) => ({ id: run.name, title: run.display_name, runs: [n] }));
  const found = new Map<string, number[]>();
  by.values.forEach((value, n) => {
    const said = value === null ? "–" : String(value);
    found.set(said, [...(found.get(said) ?? []), n]);
  });
  return [...found]
    .sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }))
    .map(([said, of]) => ({ id: said, title: said, runs: of }));
}

/** The columns by what they say of a line; those that say nothing come last. */
export function ordered(columns: readonly Column[], line: Shown | undefined, up: boolean): Column[] {
  if (!line) return [...columns];
  const said = (column: Column) => summed(line, column.runs).value;
  return [...columns].sort((one, other) => {
    const [a, b] = [said(one), said(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const [x, y] = [numeric(a), numeric(b)];
    const by = x !== null && y !== null ? x - y : String(a).localeCompare(String(b));
    return up ? by : -by;
  });
}

/** What a text or number is as a number; null for what is none. */
export function numeric(value: Value): number | null {
  if (typeof value === "number") return value;
  if (value === null || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export interface Sum {
  value: Value;
  low?: number;
  high?: number;
  kinds?: number;
}

/** What a column says of a line: of one run its value; of several the mean of numbers and how far
 * they reach, or how many different texts there are. */
export function summed(line: Pick<Line, "group" | "values">, runs: readonly number[]): Sum {
  const said = runs.map((n) => line.values[n] ?? null);
  if (said.length === 1) return { value: said[0]! };
  const there = said.filter((one) => one !== null);
  if (there.length === 0) return { value: null };
  if (there.every((one) => one === there[0]) && there.length === said.length) return { value: there[0]! };
  const numbers = there.map(numeric);
  if (line.group !== "facts" && numbers.every((one) => one !== null)) {
    const sum = numbers.reduce((a, b) => a + b, 0);
    return { value: sum / numbers.length, low: Math.min(...numbers), high: Math.max(...numbers) };
  }
  return { value: null, kinds: new Set(there).size };
}

const LESS = /(^|[^a-z])(loss|err(or)?|rmse|mse|mae|mape|wer|cer|fid|perplexity|deviance|latency|duration|seconds|time)([^a-z]|$)/i;

/** Whether less of it is better, as its name has it; people can turn it. */
export const lessIsBetter = (metric: string): boolean => LESS.test(metric);

/** The columns that are best of a metric; none when all are alike. */
export function best(values: readonly Value[], less: boolean): ReadonlySet<number> {
  const numbers = values.map((one) => (typeof one === "number" ? one : null));
  const there = numbers.filter((one) => one !== null);
  const [low, high] = [Math.min(...there), Math.max(...there)];
  if (there.length < 2 || low === high) return new Set();
  const edge = less ? low : high;
  return new Set(numbers.flatMap((one, n) => (one === edge ? [n] : [])));
}

/** How far a number lies from that of the baseline: "▲ 12 %", "▼ 0.011" from nothing, "▲ ×12" when
 * it is many times as much; "" when it says nothing. */
export function away(
  value: Value,
  base: Value,
  show: (n: number) => string,
  percent: (share: number) => string,
): string {
  const [one, from] = [numeric(value), numeric(base)];
  if (one === null || from === null || one === from) return "";
  const arrow = one > from ? "▲" : "▼";
  if (from === 0) return `${arrow} ${show(Math.abs(one))}`;
  const share = Math.abs((one - from) / from);
  if (share >= 10 && one / from > 0) return `${arrow} ×${show(one / from)}`;
  return `${arrow} ${percent(share)}`;
}
