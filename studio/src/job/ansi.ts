export interface Span {
  text: string;
  kind: string;
}

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// eslint-disable-next-line no-control-regex
const SEQUENCE = /\x1b\[([\d;]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

/** A line with a terminal's colours, as pieces with class names; other sequences are dropped. */
export function spans(line: string): Span[] {
  if (!line.includes("\x1b")) return [{ text: line, kind: "" }];
  const found: Span[] = [];
  let colour = "";
  let bold = false;
  let at = 0;
  const add = (text: string) => {
    if (text) found.push({ text, kind: [colour, bold && "bold"].filter(Boolean).join(" ") });
  };
  for (const match of line.matchAll(SEQUENCE)) {
    add(line.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] !== "m") continue;
    for (const code of (match[1] || "0").split(";").map(Number)) {
      if (code === 0) [colour, bold] = ["", false];
      else if (code === 1) bold = true;
      else if (code === 22) bold = false;
      else if (code === 39) colour = "";
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97))
        colour = `ansi-${COLOURS[code % 10]}`;
    }
  }
  add(line.slice(at));
  return found;
}
