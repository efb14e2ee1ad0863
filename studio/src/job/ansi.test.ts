import { expect, test } from "vitest";

import { spans } from "./ansi";

test("a line without colours is one piece", () => {
  expect(spans("<b>plain</b>")).toEqual([{ text: "<b>plain</b>", kind: "" }]);
});

test("colours begin and end where the terminal's do", () => {
  expect(spans("a\x1b[1;31mred\x1b[0m b")).toEqual([
    { text: "a", kind: "" },
    { text: "red", kind: "ansi-red bold" },
    { text: " b", kind: "" },
  ]);
});

test("moves of the cursor and titles leave no trace", () => {
  expect(spans("\x1b[2K\x1b]0;title\x07text").map((one) => one.text).join("")).toBe("text");
});
