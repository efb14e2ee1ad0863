import { Popover, PopoverSurface, PopoverTrigger } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";

import type { Row } from "../api/client";
import { useT } from "../i18n";

/** Cause, evidence, next action. */
export function Why({ ws, row }: { ws: string; row: Row }) {
  const t = useT();
  const { why } = row;
  if (!why) return null;
  return (
    <Popover withArrow trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <button className="why" onClick={(event) => event.stopPropagation()}>
          {t("why")}
        </button>
      </PopoverTrigger>
      <PopoverSurface className="why-box" aria-label={t("why.of", { name: row.display_name })}>
        <p>{why.text}</p>
        {why.log && (
          <Link
            to="/w/$ws/jobs/$name"
            params={{ ws, name: row.name }}
            search={{ tab: "outputs", log: why.log, line: why.line ?? undefined }}
          >
            {t("why.log")}
          </Link>
        )}
      </PopoverSurface>
    </Popover>
  );
}
