import { useEffect, useState } from "react";

import { locale } from "../i18n";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale(), options)));
  return made;
}

/** A moment as a list shows it: "Nov 20, 15:59". */
export const when = (iso: string): string =>
  format({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false }).format(
    new Date(iso),
  );

/** The time of its day, to the second: "15:59:03". */
export const time = (iso: string): string =>
  format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(new Date(iso));

/** The same with its year and seconds, for titles. */
export const exactly = (iso: string): string =>
  format({ dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso));

/** "5 h 26 m", "33 m 43 s", "12 s", "0.4 s". */
export function lasting(ms: number): string {
  if (ms < 0) return "0 s";
  const s = ms / 1000;
  if (s < 10) return `${number(Math.round(s * 10) / 10)} s`;
  const parts: [number, string][] = [
    [Math.floor(s / 86400), "d"],
    [Math.floor(s / 3600) % 24, "h"],
    [Math.floor(s / 60) % 60, "m"],
    [Math.floor(s) % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(" ");
}

export const between = (from: string, to: string | null | undefined, now: number): number =>
  (to ? Date.parse(to) : now) - Date.parse(from);

const numbers = new Map<string, Intl.NumberFormat>();

/** Made once: to make one takes longer than to use it a hundred times. */
function numeric(options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = locale() + JSON.stringify(options);
  let made = numbers.get(key);
  if (!made) numbers.set(key, (made = new Intl.NumberFormat(locale(), options)));
  return made;
}

export const number = (value: number): string => numeric().format(value);

/** A logged value: as many digits as tell it apart, no more than fit. */
export function value(given: number | string | null | undefined): string {
  if (given === null) return "NaN";
  if (given === undefined) return "";
  if (typeof given === "string") return given;
  if (Number.isInteger(given) && Math.abs(given) < 1e9) return number(given);
  const size = Math.abs(given);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return given.toExponential(3);
  return numeric({ maximumSignificantDigits: 5 }).format(given);
}

export function bytes(size: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let n = size;
  let at = 0;
  while (n >= 1000 && at < units.length - 1) {
    n /= 1000;
    at += 1;
  }
  return `${number(at ? Math.round(n * 10) / 10 : n)} ${units[at]}`;
}

/** The time now, each second while `running`. */
export function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return running ? now : Date.now();
}
