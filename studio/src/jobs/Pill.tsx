import { type RefObject, useEffect, useRef } from "react";

import { useT } from "../i18n";
import { number } from "../kit/time";

interface Props {
  fresh: number;
  frame: RefObject<HTMLDivElement | null>;
  held: boolean;
  show: () => void;
}

/** New rows wait behind this while somebody is at the list: the pointer or the focus is in it, it
 * is scrolled, or something is selected. A list nobody touches follows by itself. */
export function Pill({ fresh, frame, held, show }: Props) {
  const t = useT();
  const latest = useRef(show);
  useEffect(() => {
    latest.current = show;
  });
  const busy = () => {
    const at = frame.current;
    return held || !at || at.scrollTop > 0 || at.matches(":hover, :focus-within");
  };
  useEffect(() => {
    if (fresh > 0 && !busy()) latest.current();
  });
  return (
    <div className="pill" role="status">
      {fresh > 0 && (
        <button
          onClick={() => {
            frame.current?.scrollTo({ top: 0 });
            show();
          }}
        >
          {t("jobs.fresh", { count: fresh, shown: number(fresh) })}
        </button>
      )}
    </div>
  );
}
