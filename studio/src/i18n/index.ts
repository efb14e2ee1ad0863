import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";

import type catalog from "./en.json";

export type Key = keyof typeof catalog;
export type Language = "en" | "es";
export const LANGUAGES: readonly Language[] = ["en", "es"];
export type T = (key: Key, values?: Record<string, string | number>) => string;

const load = { en: () => import("./en.json"), es: () => import("./es.json") };

export async function activate(language: Language): Promise<void> {
  const { default: messages } = await load[language]();
  i18n.loadAndActivate({ locale: language, messages: messages as Record<string, string> });
  document.documentElement.lang = language;
}

export function preferred(): Language {
  const kept = localStorage.getItem("zafiro.language");
  if (kept === "en" || kept === "es") return kept;
  return navigator.language.toLowerCase().startsWith("es") ? "es" : "en";
}

export async function speak(language: Language): Promise<void> {
  localStorage.setItem("zafiro.language", language);
  await activate(language);
}

const t: T = (key, values) => i18n._(key, values);

/** The words of the language that is on; a component that asks is drawn anew when it changes. */
export function useT(): T {
  useLingui();
  return t;
}

export const locale = (): string => i18n.locale;
