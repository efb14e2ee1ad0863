import { expect, test } from "vitest";

import type { Compared } from "../api/client";
import { away, lines } from "./differences";

const run = (params: Record<string, string>, metrics: Record<string, number | null> = {}) =>
  ({ params, metrics, facts: { user: "ana", code: "" } }) as unknown as Compared;

test("only what is not the same everywhere differs; what one lacks does", () => {
  const found = lines([run({ lr: "1", depth: "6" }), run({ lr: "2", depth: "6", extra: "x" })]);
  expect(found.filter((one) => one.differs).map((one) => one.name)).toEqual(["extra", "lr"]);
});

test("a fact that no run has is no line", () => {
  expect(lines([run({}), run({})]).map((one) => one.name)).toEqual(["user"]);
});

test("NaN is unlike a number", () => {
  const [line] = lines([run({}, { loss: null }), run({}, { loss: 1 })]).filter((one) => one.group === "metrics");
  expect(line?.differs).toBe(true);
});

test("a number says how far it lies from the baseline, text does not", () => {
  expect(away(3, 1, String)).toBe("▲ 2");
  expect(away(1, 3, String)).toBe("▼ 2");
  expect(away("a", "b", String)).toBe("");
  expect(away(1, undefined, String)).toBe("");
});

test("what was measured of the machine stands apart", () => {
  const found = lines([run({}, { loss: 1, "system/cpu": 2 })]);
  expect(found.map((one) => [one.group, one.name])).toContainEqual(["system", "system/cpu"]);
  expect(found.filter((one) => one.group === "metrics").map((one) => one.name)).toEqual(["loss"]);
});
