import { expect, test } from "vitest";

import { compareSearch } from "./search";

test("what a URL says comes back as it was, what is unknown in it too", () => {
  const said = {
    runs: "a,b",
    tab: "parallel",
    axes: [{ k: "params.lr", log: true as const, lo: 0.1, hi: 1 }],
    together: [["loss", "train_loss"]],
    mine: "kept",
  };
  const read = compareSearch(said);
  expect(Object.fromEntries(Object.entries(read).filter(([, one]) => one !== undefined))).toEqual(said);
});

test("what is none is left out", () => {
  const read = compareSearch({ axes: [{ k: 3 }, null, { k: "params.a", lo: "x" }], x: "colour", smooth: -1, flip: 3 });
  expect(read.axes).toEqual([{ k: "params.a" }]);
  expect([read.x, read.smooth, read.flip]).toEqual([undefined, undefined, undefined]);
});
