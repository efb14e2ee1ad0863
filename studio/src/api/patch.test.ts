import { expect, test } from "vitest";

import type { Jobs } from "./client";
import { patched } from "./patch";

const jobs = { rows: [{ name: "a", state: "Queued" }, { name: "b", state: "Running" }], total: 2 } as unknown as Jobs;

test("an event changes its own row and no other", () => {
  const next = patched(jobs, "a", "Running");
  expect(next.rows[0]?.state).toBe("Running");
  expect(next.rows[1]).toBe(jobs.rows[1]);
});

test("an event that says nothing new draws nothing anew", () => {
  expect(patched(jobs, "b", "Running")).toBe(jobs);
  expect(patched(jobs, "elsewhere", "Failed")).toBe(jobs);
});
