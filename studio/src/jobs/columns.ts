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

/** The columns a URL asks for; "name" is always the first, what nobody knows is dropped. */
export function columnsOf(asked: string | undefined): Column[] {
  const ids = asked ? asked.split(",").filter(Boolean) : USUAL;
  const found: Column[] = [];
  for (const id of ["name", ...ids]) {
    if (found.some((column) => column.id === id)) continue;
    const fixed = FIXED.find((column) => column.id === id);
    if (fixed) found.push(fixed);
    else if (/^(metrics|params)\../.test(id))
      found.push({ id, label: null, width: 120, sort: id, number: id.startsWith("metrics.") });
  }
  return found;
}

/** How a URL says it; nothing when they are the usual ones. */
export function toUrl(ids: readonly string[]): string | undefined {
  const same = ids.length === USUAL.length && ids.every((id, n) => id === USUAL[n]);
  return same ? undefined : ids.join(",");
}

/** A click on a head: down, then up, then down again; names begin with up. */
export function nextSort(now: string, column: string): string {
  if (now === `-${column}`) return column;
  if (now === column) return `-${column}`;
  return /^(name|experiment|user|compute|type|status)$/.test(column) ? column : `-${column}`;
}
