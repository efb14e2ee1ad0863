import type { Curve } from "../api/client";

/** What is said of some curves in words. Minutes of numbers: no spreading into arguments. */
export function said(curves: readonly Curve[]) {
  let [points, drawn, odd, least, most] = [0, 0, 0, Infinity, -Infinity];
  for (const curve of curves) {
    points += curve.points ?? curve.x.length;
    drawn += curve.x.length;
    odd += curve.odd ?? 0;
    for (const low of curve.low) if (low < least) least = low;
    for (const high of curve.high) if (high > most) most = high;
  }
  const counted = curves.every((curve) => curve.points !== null);
  const last = curves.length === 1 ? curves[0]!.line.at(-1) : undefined;
  return { counted, points, drawn, odd, least, most, last };
}

/** What is drawn, as CSV (RFC 4180). A name that a spreadsheet would take for a formula is not one. */
export function csv(
  curves: readonly Curve[],
  names: Record<string, string>,
  x: "step" | "time",
): string {
  const rows = [["run", "metric", x, "min", "mean", "max"].join(",")];
  for (const curve of curves) {
    const head = `${cell(names[curve.run] ?? curve.run)},${cell(curve.key)}`;
    curve.x.forEach((at, n) =>
      rows.push(
        `${head},${x === "time" ? new Date(at).toISOString() : at},${curve.low[n]},${curve.line[n]},${curve.high[n]}`,
      ),
    );
  }
  return `${rows.join("\r\n")}\r\n`;
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
