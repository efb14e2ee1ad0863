import type { Curve } from "../api/client";
import { isSystem } from "./smooth";

export interface Group {
  name: string;
  keys: string[];
}

const FEW = 6; // metrics that need no groups
const SYSTEM: readonly (readonly [string, RegExp])[] = [
  ["gpu", /(^|\/|_)gpu_/],
  ["cpu", /cpu_|_processes$/],
  ["memory", /memory_/],
  ["disk", /disk_/],
  ["network", /network_/],
];

/** Metrics by what stands before their first slash ("train/loss"); those of the machine by what
 * they measure. */
export function grouped(keys: readonly string[], system: boolean): Group[] {
  if (!system && keys.length <= FEW) return keys.length ? [{ name: "", keys: [...keys] }] : [];
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const slash = key.indexOf("/");
    const name = system
      ? (SYSTEM.find(([, pattern]) => pattern.test(key))?.[0] ?? "other")
      : slash > 0
        ? key.slice(0, slash)
        : "";
    const group = groups.get(name);
    if (group) group.push(key);
    else groups.set(name, [key]);
  }
  const order = (name: string) => SYSTEM.findIndex(([one]) => one === name) >>> 0;
  const made = [...groups].map(([name, of]) => ({ name, keys: of }));
  return system ? made.sort((a, b) => order(a.name) - order(b.name)) : made;
}

const IDLE = 5; // percent
const LONG_MS = 60_000;

/** Whether a GPU did nothing worth its place for all of the time that is looked at. */
export function idle(metric: string, curve: Curve | undefined): boolean {
  if (!isSystem(metric) || !/gpu_\d+_utilization_percentage$/.test(metric)) return false;
  if (!curve || curve.x.length < 2 || curve.x.at(-1)! - curve.x[0]! < LONG_MS) return false;
  return curve.line.reduce((sum, one) => sum + one, 0) / curve.line.length < IDLE;
}
