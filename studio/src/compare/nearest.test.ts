import { expect, test } from "vitest";

import { alike, nearest } from "./nearest";

test("names that hold one another, or share most letters, are alike", () => {
  expect(alike("train_loss", "loss")).toBe(0.9);
  expect(alike("val/accuracy", "val_acc")).toBeGreaterThan(0.5);
  expect(alike("loss", "f1")).toBeLessThan(0.2);
});

test("only names that no run has both of are offered, the most alike first", () => {
  const has = new Map([
    ["loss", new Set([0])],
    ["train_loss", new Set([1])],
    ["auc", new Set([0, 1])],
    ["auc_roc", new Set([1])],
    ["losses", new Set([1])],
  ]);
  expect(nearest(has)).toEqual([
    ["loss", "train_loss"],
    ["loss", "losses"],
  ]);
});
