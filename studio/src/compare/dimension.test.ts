import { expect, test } from "vitest";

import { marked } from "./differences";
import { back, dimension, dimensions, firstAxes, share, within } from "./dimension";

const lines = marked([
  { group: "params", name: "lr", values: ["0.001", "0.1", "10"] },
  { group: "params", name: "opt", values: ["sgd", "adam", null] },
  { group: "params", name: "same", values: ["1", "1", "1"] },
  { group: "metrics", name: "auc", values: [0.5, "NaN", 0.9] },
  { group: "metrics", name: "none", values: ["NaN", "NaN", null] },
]);
const known = dimensions(lines);

test("numbers in texts are numbers; other texts are places in their order", () => {
  expect(known.get("params.lr")).toMatchObject({ at: [0.001, 0.1, 10], low: 0.001, high: 10 });
  expect(known.get("params.opt")).toMatchObject({ at: [1, 0, null], kinds: ["adam", "sgd"], low: 0, high: 1 });
  expect(known.get("metrics.auc")).toMatchObject({ at: [0.5, null, 0.9] });
  expect(dimension(lines[4]!)).toBeUndefined();
});

test("what differs makes the first axes, parameters before metrics", () => {
  expect(firstAxes(lines, known).map((one) => one.k)).toEqual(["params.lr", "params.opt", "metrics.auc"]);
});

test("a place on an axis and its value are each other's", () => {
  const lr = known.get("params.lr")!;
  expect(share(lr, 0.1, true)).toBeCloseTo(0.5);
  for (const log of [true, false]) expect(back(lr, share(lr, 3, log), log)).toBeCloseTo(3);
  expect(share(known.get("params.same")!, 1, true)).toBe(0.5);
});

test("a run lies in what is brushed when all of its values do", () => {
  const axes = [{ k: "params.lr", lo: 0.01 }, { k: "metrics.auc", hi: 0.95 }];
  expect([0, 1, 2].map((n) => within(n, axes, known))).toEqual([false, false, true]);
  expect(within(1, [{ k: "gone" }], known)).toBe(true);
});
