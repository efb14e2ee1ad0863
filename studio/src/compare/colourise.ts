// The colours of code in a difference. The language is loaded when there is some of it.
import type { DiffLine } from "../api/client";

/** The pieces of a line, each with the class of its colour; undefined for a line as it is. */
export type Coloured = (line: DiffLine) => readonly (readonly [string, string])[] | undefined;

const python = async () => (await import("@codemirror/lang-python")).pythonLanguage.parser;
const yaml = async () => (await import("@codemirror/lang-yaml")).yamlLanguage.parser;
const LANGUAGES = { py: python, yaml, yml: yaml };

/** Each hunk is read as it stands before and after, as if it were a whole file: a text that began
 * above it may be coloured wrong, which costs nothing but looks. */
export async function colourise(path: string, hunks: readonly (readonly DiffLine[])[]): Promise<Coloured | undefined> {
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  const load = LANGUAGES[ending as keyof typeof LANGUAGES];
  if (!load) return undefined;
  const [parser, { highlightCode, tagHighlighter, tags }] = await Promise.all([load(), import("@lezer/highlight")]);
  const style = tagHighlighter([
    { tag: [tags.keyword, tags.bool, tags.null], class: "code-keyword" },
    { tag: [tags.string, tags.special(tags.string)], class: "code-string" },
    { tag: tags.number, class: "code-number" },
    { tag: tags.comment, class: "code-comment" },
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "code-name" },
  ]);
  const found = new Map<DiffLine, [string, string][]>();
  for (const hunk of hunks)
    for (const other of ["+", "-"]) {
      const lines = hunk.filter((line) => line.op !== other);
      const text = lines.map((line) => line.text).join("\n");
      let at = 0;
      const pieces: [string, string][][] = [[]];
      highlightCode(
        text,
        parser.parse(text),
        style,
        (piece, classes) => pieces[at]!.push([piece, classes]),
        () => {
          at += 1;
          pieces.push([]);
        },
      );
      lines.forEach((line, n) => found.set(line, pieces[n] ?? []));
    }
  return (line) => found.get(line);
}
