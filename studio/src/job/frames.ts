import type { Picture } from "../api/client";

/** The frame of a series nearest to a step, not after it; the first when all are after it. */
export function frameAt(frames: readonly Picture[], step: number | undefined): Picture {
  if (step === undefined) return frames.at(-1)!;
  return frames.findLast((frame) => frame.step <= step) ?? frames[0]!;
}
