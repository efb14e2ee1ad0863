import type { Step } from "../api/client";
import { type Key, useT } from "../i18n";
import { look } from "../kit/Status";
import { between, lasting } from "../kit/time";

const KNOWN = ["queued", "starting", "environment", "inputs", "running", "finalizing"];

/** Where the time of a job went: each phase as wide as it was long. */
export function Timeline(props: { steps: readonly Step[]; state: string; now: number }) {
  const t = useT();
  const { steps, state, now } = props;
  if (steps.length === 0) return null;
  // What failed is what was done last; finalizing only tells of it.
  const failed = steps.findLastIndex((step) => step.name !== "finalizing");
  return (
    <ol className="timeline" aria-label={t("job.timeline")}>
      {steps.map((step, n) => {
        const ms = between(step.began, step.ended, now);
        const name = KNOWN.includes(step.name) ? t(`step.${step.name}` as Key) : step.name;
        const open = n === steps.length - 1 && !step.ended;
        const bad = n === failed && state === "Failed";
        return (
          <li
            key={n}
            className={open ? look(state) : bad ? "failed" : undefined}
            style={{ flexGrow: Math.max(1, Math.sqrt(ms)) }}
            title={[name, lasting(ms), step.reason].filter(Boolean).join(" · ")}
          >
            {name} <b>{lasting(ms)}</b>
            {step.reason && <span className="hidden">{step.reason}</span>}
          </li>
        );
      })}
    </ol>
  );
}
