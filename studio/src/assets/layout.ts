import type { Lineage } from "../api/client";

export const WIDTH = 208;
export const HEIGHT = 56;
const ACROSS = 72;
const DOWN = 14;

export interface Place {
  id: number;
  x: number;
  y: number;
}

export interface Drawing {
  places: Map<number, Place>;
  /** Ids by column, left to right, each from the top. */
  columns: number[][];
  width: number;
  height: number;
}

/** Columns by distance from the start; within one, each near what it is joined to. */
export function layout({ nodes, edges }: Pick<Lineage, "nodes" | "edges">): Drawing {
  const numbers = [...new Set(nodes.map((one) => one.column))].sort((a, b) => a - b);
  const columns = numbers.map((column) =>
    nodes.filter((one) => one.column === column).map((one) => one.id),
  );
  const near = new Map<number, number[]>(nodes.map((one) => [one.id, []]));
  for (const { source, target } of edges) {
    near.get(source)?.push(target);
    near.get(target)?.push(source);
  }
  const start = numbers.indexOf(0);
  const rank = new Map<number, number>();
  const order = (at: number) => {
    const column = columns[at]!;
    const middle = (id: number): number => {
      const known = near.get(id)!.flatMap((other) => rank.get(other) ?? []);
      return known.length ? known.reduce((a, b) => a + b, 0) / known.length : 0;
    };
    const weight = new Map(column.map((id) => [id, middle(id)]));
    column.sort((a, b) => weight.get(a)! - weight.get(b)! || a - b);
    column.forEach((id, n) => rank.set(id, n - (column.length - 1) / 2));
  };
  for (let at = start; at >= 0 && at < columns.length; at += 1) order(at);
  for (let at = start - 1; at >= 0; at -= 1) order(at);
  const most = Math.max(...columns.map((one) => one.length));
  const height = most * (HEIGHT + DOWN) - DOWN;
  const places = new Map<number, Place>();
  columns.forEach((column, at) => {
    const above = (height - (column.length * (HEIGHT + DOWN) - DOWN)) / 2;
    column.forEach((id, n) =>
      places.set(id, { id, x: at * (WIDTH + ACROSS), y: above + n * (HEIGHT + DOWN) }),
    );
  });
  return { places, columns, width: columns.length * (WIDTH + ACROSS) - ACROSS, height };
}

/** A curve from the right of one to the left of the other. */
export function curve(from: Place, to: Place): string {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(ACROSS / 2, (x2 - x1) / 2);
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}
