import { expect, test } from "vitest";

import { type Item, Places } from "./groups";

const groups = [
  { name: "a", count: 2, states: {} },
  { name: "b", count: 3, states: {} },
  { name: "c", count: 1, states: {} },
];
const said = (item: Item) => ("row" in item ? item.row : item.group.name);
const all = (places: Places) => Array.from({ length: places.size }, (_, n) => said(places.at(n)));

test("each row stands below the head of its group", () => {
  expect(all(new Places(groups, new Set()))).toEqual(["a", 0, 1, "b", 2, 3, 4, "c", 5]);
});

test("a closed group has its head only, and the rows behind keep their numbers", () => {
  expect(all(new Places(groups, new Set(["b"])))).toEqual(["a", 0, 1, "b", "c", 5]);
  expect(all(new Places(groups, new Set(["a", "c"])))).toEqual(["a", "b", 2, 3, 4, "c"]);
});
