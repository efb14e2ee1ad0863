import type { BuildState as Shape } from "../api/client";
import { type Key, useT } from "../i18n";
import { lasting } from "../kit/time";

const LOOK: Record<string, [string, string]> = {
  none: ["canceled", "○"],
  building: ["preparing", "↻"],
  built: ["completed", "✓"],
  failed: ["failed", "✕"],
  canceled: ["canceled", "⊘"],
};

/** How an environment stands, and how long its last build took. */
export function BuildState({ build }: { build: Shape }) {
  const t = useT();
  const [kind, glyph] = LOOK[build.state] ?? ["canceled", "·"];
  return (
    <span className={`status ${kind}`}>
      <i aria-hidden="true">{glyph}</i> {t(`build.${build.state}` as Key)}
      {build.took_s !== null && build.took_s !== undefined && (
        <small>{lasting(build.took_s * 1000)}</small>
      )}
    </span>
  );
}
