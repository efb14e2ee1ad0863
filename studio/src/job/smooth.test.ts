import { expect, test } from "vitest";

import { smoothed, zoomOf } from "./smooth";

test("no smoothing leaves the values as they are", () => {
  expect(smoothed([1, 5, 2], 0)).toEqual([1, 5, 2]);
});

test("a constant stays a constant, from the first value on", () => {
  for (const one of smoothed(Array<number>(50).fill(3), 0.9)) expect(one).toBeCloseTo(3, 10);
});

test("a smoothed curve stays between the least and the greatest value", () => {
  const values = Array.from({ length: 500 }, (_, n) => Math.sin(n * 12.9898) * 43.7);
  for (const one of smoothed(values, 0.7)) {
    expect(one).toBeGreaterThanOrEqual(Math.min(...values));
    expect(one).toBeLessThanOrEqual(Math.max(...values));
  }
});

test("a zoom of the URL is two rising whole numbers or nothing", () => {
  expect(zoomOf("10:20")).toEqual([10, 20]);
  expect(zoomOf("-5:5")).toEqual([-5, 5]);
  for (const bad of [undefined, "", "20:10", "1:x", "1:2:3", "1.5:2"]) expect(zoomOf(bad)).toBeUndefined();
});
