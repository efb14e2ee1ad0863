import type { Group } from "../api/client";

export type Item = { row: number } | { group: Group; open: boolean };

/** A list with heads between its groups: what stands at each place. Rows of groups that are closed
 * have none. */
export class Places {
  readonly size: number;
  readonly #starts: number[] = []; // the place of each head
  readonly #rows: number[] = []; // the first row of each group
  constructor(
    private readonly groups: readonly Group[],
    private readonly closed: ReadonlySet<string>,
  ) {
    let place = 0;
    let row = 0;
    for (const group of groups) {
      this.#starts.push(place);
      this.#rows.push(row);
      place += 1 + (closed.has(group.name) ? 0 : group.count);
      row += group.count;
    }
    this.size = place;
  }

  at(place: number): Item {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= place) low = middle;
      else high = middle - 1;
    }
    const group = this.groups[low]!;
    const inside = place - this.#starts[low]!;
    if (inside === 0) return { group, open: !this.closed.has(group.name) };
    return { row: this.#rows[low]! + inside - 1 };
  }
}
