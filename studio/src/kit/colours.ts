// The same run has the same colour on every page: its own by its name, the next free one beside
// others that want the same.
export const ON_LIGHT = [
  "#0b7285",
  "#c4314b",
  "#8a6100",
  "#6b4fa0",
  "#0e7038",
  "#b5560b",
  "#2b5fb4",
  "#5c6370",
] as const;
export const ON_DARK = [
  "#66b4c4",
  "#ff8a9a",
  "#e9b949",
  "#b9a3e8",
  "#5fd38d",
  "#f0a15e",
  "#8fb4f0",
  "#a9b0ba",
] as const;
/** Dashes tell apart what has the same colour, and those who cannot tell colours. */
export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

export interface Stroke {
  colour: number;
  dash: number;
}

function wanted(name: string): number {
  let hash = 2166136261;
  for (let n = 0; n < name.length; n += 1) {
    hash ^= name.charCodeAt(n);
    hash = Math.imul(hash, 16777619);
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % ON_LIGHT.length;
}

/** A stroke for each of these runs, told apart as long as there are no more than 32. */
export function strokes(names: readonly string[]): Map<string, Stroke> {
  const taken = new Set<number>();
  const found = new Map<string, Stroke>();
  const all = ON_LIGHT.length * DASHES.length;
  for (const name of names) {
    if (found.has(name)) continue;
    if (taken.size === all) taken.clear();
    const own = wanted(name);
    // First in its own colours' turn without dashes, then with the next dash, and so on.
    let place = 0;
    for (let dash = 0; dash < DASHES.length; dash += 1) {
      const free = ON_LIGHT.map((_, n) => dash * ON_LIGHT.length + ((own + n) % ON_LIGHT.length));
      const next = free.find((one) => !taken.has(one));
      if (next !== undefined) {
        place = next;
        break;
      }
    }
    taken.add(place);
    found.set(name, {
      colour: place % ON_LIGHT.length,
      dash: Math.floor(place / ON_LIGHT.length),
    });
  }
  return found;
}

const LOW_HIGH = {
  light: ["#8cc3d0", "#0b7285", "#3b0f4f"],
  dark: ["#2a7d8e", "#66b4c4", "#fff3c4"],
} as const;

const channel = (colour: string, n: number): number => parseInt(colour.slice(1 + n * 2, 3 + n * 2), 16);

/** A colour for a share between 0 and 1, from pale to strong. */
export function shade(share: number, dark: boolean): string {
  const stops = LOW_HIGH[dark ? "dark" : "light"];
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const n = Math.min(stops.length - 2, Math.floor(at));
  const mix = (c: number) =>
    Math.round(channel(stops[n]!, c) + (channel(stops[n + 1]!, c) - channel(stops[n]!, c)) * (at - n));
  return `rgb(${mix(0)} ${mix(1)} ${mix(2)})`;
}
