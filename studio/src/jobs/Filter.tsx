import { type Ref, useEffect, useState } from "react";

import { ApiError } from "../api/client";
import { useT } from "../i18n";

interface Props {
  value: string;
  error: unknown;
  set: (next: string) => void;
  ref: Ref<HTMLInputElement>;
}

/** What is typed is asked for a moment after the last key, or at once with Enter. */
export function Filter({ value, error, set, ref }: Props) {
  const t = useT();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => set(typed), 350);
    return () => clearTimeout(timer);
  }, [typed, value, set]);
  const wrong = error instanceof ApiError && error.status === 400 ? error.message : "";
  return (
    <div className="filter">
      <input
        ref={ref}
        type="search"
        className={wrong ? "wrong" : undefined}
        value={typed}
        aria-label={t("jobs.filter")}
        aria-invalid={wrong !== ""}
        aria-describedby={wrong ? "filter-wrong" : undefined}
        placeholder={t("jobs.filter.hint")}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") set(typed);
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      {wrong && (
        <p id="filter-wrong" role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}
