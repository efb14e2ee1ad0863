import { expect, test } from "vitest";

import type { Kin } from "../api/client";
import { HEIGHT, layout, WIDTH } from "./layout";

const node = (id: number, column: number): Kin => ({
  id,
  column,
  kind: "jobs",
  name: String(id),
  version: "",
  label: String(id),
});

test("what came before stands left, what came after right", () => {
  const { places } = layout({
    nodes: [node(0, 0), node(1, -1), node(2, 1), node(3, 2)],
    edges: [
      { source: 1, target: 0, label: "" },
      { source: 0, target: 2, label: "" },
      { source: 2, target: 3, label: "" },
    ],
  });
  const x = [1, 0, 2, 3].map((id) => places.get(id)!.x);
  expect(x).toEqual([...x].sort((a, b) => a - b));
  expect(new Set(x).size).toBe(4);
});

test("no two overlap, and all lie inside", () => {
  const nodes = [node(0, 0), ...Array.from({ length: 20 }, (_, n) => node(n + 1, (n % 3) + 1))];
  const edges = nodes.slice(1).map((one) => ({ source: 0, target: one.id, label: "" }));
  const { places, width, height } = layout({ nodes, edges });
  const all = [...places.values()];
  for (const a of all) {
    expect(a.x + WIDTH).toBeLessThanOrEqual(width);
    expect(a.y + HEIGHT).toBeLessThanOrEqual(height + 0.001);
    for (const b of all)
      if (a !== b) expect(Math.abs(a.x - b.x) >= WIDTH || Math.abs(a.y - b.y) >= HEIGHT).toBe(true);
  }
});

test("lines do not cross where they need not", () => {
  const { places } = layout({
    nodes: [node(0, 0), node(1, 1), node(2, 1), node(3, 2), node(4, 2)],
    edges: [
      { source: 0, target: 1, label: "" },
      { source: 0, target: 2, label: "" },
      { source: 1, target: 4, label: "" },
      { source: 2, target: 3, label: "" },
    ],
  });
  const y = (id: number) => places.get(id)!.y;
  expect(y(1) < y(2)).toBe(y(4) < y(3));
});
