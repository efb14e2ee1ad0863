import { expect, test } from "vitest";

import { columnsOf, nextSort, toUrl, USUAL } from "./columns";

test("a URL without columns shows the usual ones, and says nothing of them", () => {
  const ids = columnsOf(undefined).map((one) => one.id);
  expect(ids).toEqual(USUAL);
  expect(toUrl(ids)).toBeUndefined();
});

test("chosen columns survive the URL", () => {
  const ids = ["name", "status", "metrics.val/auc", "params.lr"];
  expect(columnsOf(toUrl(ids)).map((one) => one.id)).toEqual(ids);
});

test("what is no column is dropped, the name always stays", () => {
  expect(columnsOf("nonsense,status,status").map((one) => one.id)).toEqual(["name", "status"]);
});

test("a second click turns the order round", () => {
  expect(nextSort("-created", "metrics.auc")).toBe("-metrics.auc");
  expect(nextSort("-metrics.auc", "metrics.auc")).toBe("metrics.auc");
  expect(nextSort("-created", "name")).toBe("name");
});
