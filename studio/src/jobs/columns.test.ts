import { expect, test } from "vitest";

import { columnsOf, moved, nextSort, toUrl, USUAL, widthsOf, withWidth } from "./columns";

test("a URL without columns shows the usual ones, and says nothing of them", () => {
  const ids = columnsOf(undefined).map((one) => one.id);
  expect(ids).toEqual(USUAL);
  expect(toUrl(ids)).toBeUndefined();
});

test("chosen columns survive the URL", () => {
  const ids = [
    "name",
    "status",
    "metrics.val/auc",
    "params.lr",
    "tags.team",
    "max(val, auc)",
    "min(100%)",
    "train loss at max(val/auc)",
  ];
  expect(columnsOf(toUrl(ids)).map((one) => one.id)).toEqual(ids);
});

test("what is no column is dropped, the name always stays", () => {
  const asked = "nonsense,status,status,median(x),max()";
  expect(columnsOf(asked).map((one) => one.id)).toEqual(["name", "status"]);
});

test("widths survive the URL and stay within reason", () => {
  const text = withWidth(withWidth("", "name", 300.4), "max(a,b)", 5);
  expect(widthsOf(text)).toEqual(new Map([["name", 300], ["max(a,b)", 60]]));
  expect(columnsOf("max(a%2Cb)", text).map((one) => one.width)).toEqual([300, 60]);
  expect(widthsOf("name:wide,:3,status")).toEqual(new Map());
});

test("a column moves, the name does not", () => {
  const ids = ["name", "a", "b", "c"];
  expect(moved(ids, "c", 1)).toEqual(["name", "c", "a", "b"]);
  expect(moved(ids, "a", 2)).toEqual(["name", "b", "a", "c"]);
  expect(moved(ids, "a", 0)).toEqual(ids);
  expect(moved(ids, "name", 2)).toEqual(ids);
  expect(moved(ids, "c", 9)).toEqual(ids);
});

test("a second click turns the order round", () => {
  expect(nextSort("-created", "metrics.auc")).toBe("-metrics.auc");
  expect(nextSort("-metrics.auc", "metrics.auc")).toBe("metrics.auc");
  expect(nextSort("-created", "name")).toBe("name");
  expect(nextSort("-created", "min(loss)")).toBe("min(loss)");
});
