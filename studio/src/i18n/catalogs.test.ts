import { describe, expect, test } from "vitest";

import { compileMessage } from "@lingui/message-utils/compileMessage";
import { readFileSync } from "node:fs";

type Catalog = Record<string, string>;
const read = (name: string): Catalog =>
  JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), "utf8")) as Catalog;
const en = read("en");
const es = read("es");
const names = (text: string): string[] => {
  const found = new Set<string>();
  const look = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "string" && part.length < 4 && !part.some(Array.isArray)) found.add(part[0]);
    part.forEach(look);
    if (part.length >= 2 && typeof part[0] === "string" && typeof part[1] === "string") found.add(part[0]);
  };
  (compileMessage(text) as unknown[]).forEach(look);
  return [...found].sort();
};

describe("the catalogs", () => {
  test("say the same things in every language", () => {
    expect(Object.keys(es)).toEqual(Object.keys(en));
  });
  test("use the same values in every language", () => {
    for (const key of Object.keys(en)) expect([key, names(es[key]!)]).toEqual([key, names(en[key]!)]);
  });
});
