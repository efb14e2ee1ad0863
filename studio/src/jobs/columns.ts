import type { Key } from "../i18n";

export interface Column {
  id: string;
  label: Key | null;
  width: number;
  sort: string;
  number?: boolean;
}

const FIXED: readonly Column[] = [
  { id: "name", label: "col.name", width: 260, sort: "name" },
  { id: "status", label: "col.status", width: 190, sort: "status" },
  { id: "experiment", label: "col.experiment", width: 150, sort: "experiment" },
  { id: "type", label: "col.type", width: 100, sort: "type" },
  { id: "compute", label: "col.compute", width: 120, sort: "compute" },
  { id: "user", label: "col.user", width: 100, sort: "user" },
  { id: "created", label: "col.created", width: 130, sort: "created" },
  { id: "duration", label: "col.duration", width: 100, sort: "duration", number: true },
];

export const USUAL: readonly string[] = FIXED.map((column) => column.id);
export const NARROWEST = 60;
const WIDEST = 1200;

/** As the server has them: the last value, the extremes, one metric where another was best. */
const LOGGED = /^(?:(?:metrics|params|tags)\..|(?:max|min)\(.+\)$|.+ at (?:max|min)\(.+\)$)/s;
const TEXTS = /^(?:params|tags)\./;

export const isLogged = (id: string): boolean => LOGGED.test(id);

/** What stands in the head of a logged column. */
export const shortly = (id: string): string => id.replace(/^(?:metrics|params|tags)\./, "");

// A metric's name may hold what a list of them is parted by.
const wrapped = (id: string): string => id.replace(/[%,]/g, encodeURIComponent);
const plain = (text: string): string => text.replace(/%2C/gi, ",").replace(/%25/g, "%");

/** The columns a URL asks for; "name" is always the first, what nobody knows is dropped. */
export function columnsOf(asked: string | undefined, widths = ""): Column[] {
  const ids = asked ? asked.split(",").filter(Boolean).map(plain) : USUAL;
  const wide = widthsOf(widths);
  const found: Column[] = [];
  for (const id of ["name", ...ids]) {
    if (found.some((column) => column.id === id)) continue;
    const fixed = FIXED.find((column) => column.id === id);
    const usual: Column | undefined =
      fixed ??
      (isLogged(id)
        ? { id, label: null, width: roomFor(shortly(id)), sort: id, number: !TEXTS.test(id) }
        : undefined);
    if (usual) found.push({ ...usual, width: wide.get(id) ?? usual.width });
  }
  return found;
}

/** px in which most of a head can be read. */
const roomFor = (text: string): number => Math.max(110, Math.min(240, 44 + 7.5 * text.length));

/** How a URL says it; nothing when they are the usual ones. */
export function toUrl(ids: readonly string[]): string | undefined {
  const same = ids.length === USUAL.length && ids.every((id, n) => id === USUAL[n]);
  return same ? undefined : ids.map(wrapped).join(",");
}

/** "name:300,max(auc):90" → px by column; what is no width is dropped. */
export function widthsOf(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const one of text.split(",")) {
    const at = one.lastIndexOf(":");
    const px = Number(one.slice(at + 1));
    if (at > 0 && px > 0) found.set(plain(one.slice(0, at)), fit(px));
  }
  return found;
}

export const fit = (px: number): number =>
  Math.round(Math.max(NARROWEST, Math.min(WIDEST, px)));

/** The same with one column at another width. */
export function withWidth(text: string, id: string, px: number): string {
  const widths = widthsOf(text).set(id, fit(px));
  return [...widths].map(([of, at]) => `${wrapped(of)}:${at}`).join(",");
}

/** One column a place to the left or right; the name stays the first. */
export function moved(ids: readonly string[], id: string, to: number): string[] {
  const from = ids.indexOf(id);
  const place = Math.max(1, Math.min(ids.length - 1, to));
  if (from < 1 || place === from) return [...ids];
  const rest = ids.filter((one) => one !== id);
  return [...rest.slice(0, place), id, ...rest.slice(place)];
}

/** A click on a head: down, then up, then down again; names begin with up. */
export function nextSort(now: string, column: string): string {
  if (now === `-${column}`) return column;
  if (now === column) return `-${column}`;
  if (/^min\(| at min\(/.test(column)) return column;
  return /^(name|experiment|user|compute|type|status)$/.test(column) ? column : `-${column}`;
}
