import { Button } from "@fluentui/react-components";
import { useEffect, useSyncExternalStore } from "react";

import { typing, useKeys } from "../app/keys";
import { useT } from "../i18n";

interface Toast {
  id: number;
  text: string;
  undo?: () => void;
}

let toasts: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Say something for ten seconds; `undo` puts things back as they were. */
export function toast(text: string, undo?: () => void): void {
  const id = ++count;
  set([...toasts, { id, text, undo }]);
  setTimeout(() => set(toasts.filter((one) => one.id !== id)), 10_000);
}

/** Take back what the newest of them says. */
function undo(): boolean {
  const last = toasts.findLast((one) => one.undo);
  if (!last) return false;
  set(toasts.filter((one) => one !== last));
  last.undo?.();
  return true;
}

export function Toasts() {
  const t = useT();
  useKeys({ u: undo });
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const wanted = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z";
      if (wanted && !typing(event) && undo()) event.preventDefault();
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  const drop = (id: number) => set(toasts.filter((one) => one.id !== id));
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((one) => (
        <div key={one.id}>
          <span>{one.text}</span>
          {one.undo && (
            <Button
              size="small"
              onClick={() => {
                drop(one.id);
                one.undo?.();
              }}
            >
              {t("undo")}
            </Button>
          )}
          <Button
            size="small"
            appearance="subtle"
            aria-label={t("close")}
            onClick={() => drop(one.id)}
          >
            ✕
          </Button>
        </div>
      ))}
    </div>
  );
}
