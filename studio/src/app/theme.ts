import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme,
} from "@fluentui/react-components";
import { useSyncExternalStore } from "react";

const sapphire: BrandVariants = {
  10: "#01100f",
  20: "#04201f",
  30: "#052f36",
  40: "#063c45",
  50: "#074a55",
  60: "#085866",
  70: "#096576",
  80: "#0b7285",
  90: "#2b8496",
  100: "#4896a6",
  110: "#66a9b7",
  120: "#83bcc7",
  130: "#a0ced7",
  140: "#bde0e7",
  150: "#d5eff4",
  160: "#ebf8fa",
};

export const light: Theme = createLightTheme(sapphire);
export const dark: Theme = {
  ...createDarkTheme(sapphire),
  colorBrandForeground1: sapphire[110],
  colorBrandForeground2: sapphire[120],
  colorBrandForegroundLink: sapphire[120],
  colorBrandForegroundLinkHover: sapphire[130],
};

export type Choice = "light" | "dark" | "system";
const KEY = "zafiro.theme";
const listeners = new Set<() => void>();
const system = matchMedia("(prefers-color-scheme: dark)");
system.addEventListener("change", () => listeners.forEach((l) => l()));

export function choice(): Choice {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function choose(next: Choice): void {
  localStorage.setItem(KEY, next);
  listeners.forEach((l) => l());
}

const isDark = () => choice() === "dark" || (choice() === "system" && system.matches);

export function useDark(): boolean {
  return useSyncExternalStore((l) => {
    listeners.add(l);
    return () => listeners.delete(l);
  }, isDark);
}
