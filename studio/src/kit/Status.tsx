import type { Row } from "../api/client";
import { type Key, useT } from "../i18n";

const LOOK: Record<string, [string, string]> = {
  NotStarted: ["queued", "◷"],
  Queued: ["queued", "◷"],
  Starting: ["preparing", "↻"],
  Provisioning: ["preparing", "↻"],
  Preparing: ["preparing", "↻"],
  Running: ["running", "▶"],
  Paused: ["queued", "◷"],
  NotResponding: ["failed", "?"],
  Finalizing: ["running", "▶"],
  CancelRequested: ["canceled", "⊘"],
  Completed: ["completed", "✓"],
  Failed: ["failed", "✕"],
  Canceled: ["canceled", "⊘"],
};

export const look = (state: string): string => LOOK[state]?.[0] ?? "canceled";
export const ended = (state: string): boolean => /^(Completed|Failed|Canceled)$/.test(state);

/** A glyph and a word: never colour alone. */
export function Status({ state }: { state: Row["state"] }) {
  const t = useT();
  const [kind, glyph] = LOOK[state] ?? ["canceled", "·"];
  return (
    <span className={`status ${kind}`}>
      <i aria-hidden="true">{glyph}</i> {state in LOOK ? t(`state.${state}` as Key) : state}
    </span>
  );
}
