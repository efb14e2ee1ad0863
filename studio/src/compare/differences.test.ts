import { expect, test } from "vitest";

import type { Line } from "../api/client";
import { away, best, columnsOf, lessIsBetter, marked, ordered, summed } from "./differences";

const line = (group: Line["group"], name: string, ...values: Line["values"]): Line => ({ group, name, values });
const percent = (share: number) => `${Math.round(share * 100)} %`;
const runs = ["a", "b", "c"].map((name) => ({ name, display_name: name.toUpperCase() }));

test("only what is not the same everywhere differs; what one lacks does", () => {
  const found = marked([line("params", "lr", "1", "2"), line("params", "d", "6", "6"), line("tags", "x", null, "1")]);
  expect(found.map((one) => one.differs)).toEqual([true, false, true]);
});

test("runs are grouped by what they say of a parameter, by its size", () => {
  const [by] = marked([line("params", "lr", "10", "9", "10")]);
  expect(columnsOf(runs, by).map((one) => [one.title, one.runs])).toEqual([
    ["9", [1]],
    ["10", [0, 2]],
  ]);
  expect(columnsOf(runs, undefined).map((one) => one.title)).toEqual(["A", "B", "C"]);
});

test("a group says the mean of its numbers and how far they reach, and how many texts differ", () => {
  expect(summed(line("metrics", "auc", 1, 2, 6), [0, 1, 2])).toEqual({ value: 3, low: 1, high: 6 });
  expect(summed(line("params", "opt", "adam", "sgd", "sgd"), [0, 1])).toEqual({ value: null, kinds: 2 });
  expect(summed(line("params", "opt", "adam", "sgd", "sgd"), [1, 2])).toEqual({ value: "sgd" });
  expect(summed(line("metrics", "auc", null, null), [0, 1])).toEqual({ value: null });
});

test("columns are ordered by a line, those without a value last", () => {
  const [by] = marked([line("metrics", "auc", null, 1, 2)]);
  const columns = columnsOf(runs, undefined);
  expect(ordered(columns, by, false).map((one) => one.id)).toEqual(["c", "b", "a"]);
  expect(ordered(columns, by, true).map((one) => one.id)).toEqual(["b", "c", "a"]);
});

test("the best is the least of a loss and the greatest of a score", () => {
  expect([lessIsBetter("val/loss"), lessIsBetter("auc"), lessIsBetter("lossless"), lessIsBetter("val_mae")]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect([...best([1, 3, 3, null], false)]).toEqual([1, 2]);
  expect([...best([1, 3, "NaN"], true)]).toEqual([0]);
  expect(best([2, 2], true).size).toBe(0);
});

test("a number says how far it lies from the baseline, text does not", () => {
  expect(away(3, 2, String, percent)).toBe("▲ 50 %");
  expect(away("0.3", "1", String, percent)).toBe("▼ 70 %");
  expect(away(0.5, 0, String, percent)).toBe("▲ 0.5");
  expect(away(100, 2, String, percent)).toBe("▲ ×50");
  expect(away("a", "b", String, percent)).toBe("");
  expect(away(1, null, String, percent)).toBe("");
});
