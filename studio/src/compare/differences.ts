import type { Compared } from "../api/client";
import { isSystem } from "../job/smooth";

export interface Line {
  group: "facts" | "params" | "metrics" | "system";
  name: string;
  values: readonly (string | number | null | undefined)[];
  differs: boolean;
}

/** What each run says of each thing, in the runs' order; missing is undefined. */
export function lines(runs: readonly Compared[]): Line[] {
  return (["facts", "params", "metrics", "system"] as const).flatMap((group) => {
    const of = group === "system" ? "metrics" : group;
    const names = [...new Set(runs.flatMap((run) => Object.keys(run[of])))].filter(
      (name) => of !== "metrics" || isSystem(name) === (group === "system"),
    );
    return names
      .sort((a, b) => (group === "facts" ? 0 : a.localeCompare(b)))
      .map((name) => {
        const values = runs.map((run) => run[of][name]);
        return { group, name, values, differs: new Set(values.map(String)).size > 1 };
      })
      .filter((line) => line.values.some((one) => one !== undefined && one !== ""));
  });
}

/** How far a number lies from that of the baseline, as "+12 %" or "▲ 0.011"; "" when it says nothing. */
export function away(value: unknown, base: unknown, show: (n: number) => string): string {
  if (typeof value !== "number" || typeof base !== "number" || value === base) return "";
  const by = value - base;
  return `${by > 0 ? "▲" : "▼"} ${show(Math.abs(by))}`;
}
