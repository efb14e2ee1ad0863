import type { Jobs, Row } from "./client";

/** A list with one row's state changed, or the list itself when it has no such row. */
export function patched(jobs: Jobs, name: string, state: string): Jobs {
  const at = jobs.rows.findIndex((row) => row.name === name);
  const row = jobs.rows[at];
  if (row === undefined || row.state === state) return jobs;
  const rows: Row[] = [...jobs.rows];
  rows[at] = { ...row, state };
  return { ...jobs, rows };
}
