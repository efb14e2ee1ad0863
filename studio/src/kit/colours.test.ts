import { expect, test } from "vitest";

import { shade, strokes } from "./colours";

const names = Array.from({ length: 32 }, (_, n) => `run_${n}`);

test("a run alone and first among others has its own colour", () => {
  const alone = strokes(["run_7"]).get("run_7");
  expect(strokes(["run_7", ...names]).get("run_7")).toEqual(alone);
});

test("up to 32 runs are told apart by colour and dash", () => {
  const found = [...strokes(names).values()].map((one) => `${one.colour} ${one.dash}`);
  expect(new Set(found).size).toBe(32);
});

test("eight runs need no dashes", () => {
  expect([...strokes(names.slice(0, 8)).values()].every((one) => one.dash === 0)).toBe(true);
});

test("more than 32 runs all get one", () => {
  expect(strokes(Array.from({ length: 200 }, (_, n) => `r${n}`)).size).toBe(200);
});

test("a shade is a colour for any share", () => {
  expect(shade(0, false)).toBe("rgb(140 195 208)");
  expect(shade(2, true)).toBe("rgb(255 243 196)");
});
