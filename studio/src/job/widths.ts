const LEAST = 420; // of a card of charts.css
const GAP = 10;
const STEP = 100;

/** How many values a chart in a card of that width asks for. Rounded up, so that a few pixels more
 * or less, or a guess from outside, ask for the same. */
export const plotWidth = (card: number): number =>
  Math.min(2000, Math.max(200, Math.ceil((card - 80) / STEP) * STEP));

/** How wide a card of charts is in a panel, as charts.css lays them out, and how many stand in a row. */
export function cardWidth(panel: number): { width: number; columns: number } {
  const columns = Math.max(1, Math.floor((panel + GAP) / (LEAST + GAP)));
  return { width: (panel - GAP * (columns - 1)) / columns, columns };
}
