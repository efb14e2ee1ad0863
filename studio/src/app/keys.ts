import { useEffect, useRef } from "react";

const KEPT = "zafiro.keys";

/** Single keys can be turned off (WCAG 2.1.4). */
export const singleKeys = (): boolean => localStorage.getItem(KEPT) !== "off";
export const setSingleKeys = (on: boolean): void => localStorage.setItem(KEPT, on ? "on" : "off");

export function typing(event: KeyboardEvent): boolean {
  const at = event.target;
  return (
    at instanceof HTMLElement &&
    (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) &&
    !(at instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(at.type))
  );
}

/** Keys of a page, off while somebody types or a dialog is open. "g h" is g, then h. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    let before = "";
    let at = 0;
    const heard = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (!singleKeys() || typing(event) || document.querySelector('[role="dialog"]')) return;
      const two = Date.now() - at < 1000 ? `${before} ${event.key}` : "";
      const act = latest.current[two] ?? latest.current[event.key];
      before = event.key;
      at = Date.now();
      if (act) {
        event.preventDefault();
        act(event);
      }
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
}
