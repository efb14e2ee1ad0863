import type { Job, JobChange } from "../api/client";

/** A job as it will be once the server has taken a change. */
export function changed(job: Job, change: JobChange): Job {
  const tags = { ...job.tags };
  for (const key of Object.keys(change.remove_tags ?? {})) delete tags[key];
  return {
    ...job,
    row: { ...job.row, display_name: change.display_name ?? job.row.display_name },
    description: change.description ?? job.description,
    tags: { ...tags, ...change.tags },
  };
}
