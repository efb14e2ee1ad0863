import { expect, test } from "vitest";

import type { Job } from "../api/client";
import { changed } from "./changed";

const job = {
  row: { name: "a", display_name: "old" },
  description: null,
  tags: { keep: "1", away: "2", other: "3" },
} as unknown as Job;

test("a change is shown as it will be", () => {
  const after = changed(job, { display_name: "new", tags: { other: "4" }, remove_tags: { away: "2" } });
  expect(after.row.display_name).toBe("new");
  expect(after.tags).toEqual({ keep: "1", other: "4" });
  expect(job.tags).toEqual({ keep: "1", away: "2", other: "3" });
  expect(changed(job, { tags: {}, remove_tags: {}, description: "said" }).row.display_name).toBe("old");
});
