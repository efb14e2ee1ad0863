import { expect, test } from "vitest";

import { frameAt } from "./frames";

const frames = [2, 5, 9].map((step) => ({ step, path: `${step}.png`, small: null, at_ms: null }));

test("the picture at a step is the last one logged by then", () => {
  expect([undefined, 0, 2, 4, 5, 100].map((step) => frameAt(frames, step).step)).toEqual([9, 2, 2, 2, 5, 9]);
});
