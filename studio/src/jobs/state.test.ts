import { expect, test } from "vitest";

import { beside, isPlain, merged, stateOf } from "./state";

const view = { filter: "status:failed", sort: "name" };

test("the URL says only what differs from the view, and that survives", () => {
  const state = { filter: "status:failed", cols: "name,status" };
  const said = beside(state, view);
  expect(said).toEqual({ sort: "", cols: "name,status" });
  expect(merged({ view: "v", ...said }, view)).toEqual(state);
});

test("without a view the URL says everything, and nothing of what is usual", () => {
  expect(beside({ filter: "a" }, undefined)).toEqual({ filter: "a" });
  expect(beside({}, undefined)).toEqual({});
  expect(merged({ filter: "" }, undefined)).toEqual({});
});

test("a view alone shows what it says", () => {
  expect(merged({ view: "v" }, view)).toEqual(view);
  expect(isPlain({})).toBe(true);
  expect(isPlain({ view: "v" })).toBe(false);
  expect(isPlain({ filter: "" })).toBe(false);
});

test("what a view says that lists do not know stays out", () => {
  expect(stateOf({ filter: "a", colour: "red", sort: "" })).toEqual({ filter: "a" });
});
