import { expect, test } from "vitest";

import { HEIGHT, scaleOf } from "./scale";

test("the last line of a log of any length can be scrolled to", () => {
  const view = 600;
  for (const lines of [10, 1000, 800_000, 1_000_000, 50_000_000]) {
    const scale = scaleOf(lines, view);
    expect(scale.height).toBeLessThanOrEqual(15_000_000);
    const bottom = Math.max(0, scale.height - view);
    const last = (scale.top(bottom) + view) / HEIGHT;
    expect(last).toBeGreaterThanOrEqual(lines - 1e-6 * lines);
    expect(scale.top(scale.scroll(12_345))).toBeCloseTo(12_345);
    expect(scale.top(0)).toBe(0);
  }
});
