// What a comparison's URL says. Everything on the page that can be chosen stands in it.

/** An axis of the parallel coordinates: what it shows, and what is brushed of it. */
export interface Axis {
  k: string;
  log?: true;
  lo?: number;
  hi?: number;
}

export interface CompareSearch {
  runs?: string;
  base?: string;
  all?: true;
  tab?: string;
  group?: string;
  order?: string;
  flip?: readonly string[];
  axes?: readonly Axis[];
  colour?: string;
  sx?: string;
  sy?: string;
  slog?: string;
  x?: "time";
  y?: "log";
  smooth?: number;
  zoom?: string;
  metric?: string;
  together?: readonly (readonly string[])[];
  a?: string;
  b?: string;
  file?: string;
  split?: true;
}

export const MOST = 200;

/** The runs a URL names, each once. */
export const namesOf = (runs: string | undefined): string[] =>
  [...new Set((runs ?? "").split(",").filter(Boolean))].slice(0, MOST);

type Search = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === "" ? undefined : String(value);
const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
const texts = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
const yes = (value: unknown): true | undefined => value === true || value === "true" || undefined;

function axis(value: unknown): Axis[] {
  if (typeof value !== "object" || value === null) return [];
  const { k, log, lo, hi } = value as Search;
  if (typeof k !== "string") return [];
  return [{ k, log: yes(log), lo: number(lo), hi: number(hi) }];
}

/** Reads what is known of it; the rest is kept as it is. */
export const compareSearch = (s: Search): CompareSearch => ({
  ...s,
  runs: text(s.runs),
  base: text(s.base),
  all: yes(s.all),
  tab: text(s.tab),
  group: text(s.group),
  order: text(s.order),
  flip: texts(s.flip),
  axes: Array.isArray(s.axes) ? s.axes.flatMap(axis).slice(0, 24) : undefined,
  colour: text(s.colour),
  sx: text(s.sx),
  sy: text(s.sy),
  slog: text(s.slog),
  x: s.x === "time" ? "time" : undefined,
  y: s.y === "log" ? "log" : undefined,
  smooth: Number(s.smooth) > 0 ? Math.min(0.99, Number(s.smooth)) : undefined,
  zoom: text(s.zoom),
  metric: text(s.metric),
  together: Array.isArray(s.together) ? s.together.flatMap((one) => [texts(one) ?? []]) : undefined,
  a: text(s.a),
  b: text(s.b),
  file: text(s.file),
  split: yes(s.split),
});
