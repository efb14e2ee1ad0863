import type { Key } from "../i18n";

export const KINDS = ["data", "models", "environments", "components"];

export type Tab = "build" | "overview" | "files" | "versions" | "lineage" | "definition";

/** The parts of an asset's page; the first is what opens. */
export const tabsOf = (kind: string): readonly Tab[] =>
  kind === "environments"
    ? ["build", "overview", "versions", "lineage", "definition"]
    : kind === "components"
      ? ["overview", "versions", "lineage", "definition"]
      : ["overview", "files", "versions", "lineage", "definition"];

export const tabKey = (tab: Tab): Key => `assets.tab.${tab}` as Key;
