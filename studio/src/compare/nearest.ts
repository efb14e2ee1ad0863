// Metrics that are called differently but may be the same.

const pairsOf = (text: string): Map<string, number> => {
  const found = new Map<string, number>();
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, "");
  for (let n = 0; n + 1 < plain.length; n += 1) {
    const pair = plain.slice(n, n + 2);
    found.set(pair, (found.get(pair) ?? 0) + 1);
  }
  return found;
};

/** How alike two names are, 0 to 1: the share of letter pairs they have in common; of "train_loss"
 * and "loss" the shorter counts, when it is a word of the longer. */
export function alike(a: string, b: string): number {
  const words = (text: string) => text.toLowerCase().split(/[^a-z0-9]+/);
  const [one, other] = [words(a), words(b)];
  const within = (few: string[], many: string[]) => few.every((word) => many.includes(word));
  if (within(one, other) || within(other, one)) return 0.9;
  const [x, y] = [pairsOf(a), pairsOf(b)];
  let common = 0;
  let all = 0;
  for (const [pair, count] of x) {
    common += Math.min(count, y.get(pair) ?? 0);
    all += count;
  }
  for (const count of y.values()) all += count;
  return all === 0 ? 0 : (2 * common) / all;
}

/** The names that could be drawn as one: alike, and no run has both. Most alike first. */
export function nearest(has: ReadonlyMap<string, ReadonlySet<number>>, most = 4): [string, string][] {
  const names = [...has.keys()].slice(0, 200);
  const found: [number, string, string][] = [];
  names.forEach((a, n) => {
    for (const b of names.slice(n + 1)) {
      const [mine, theirs] = [has.get(a)!, has.get(b)!];
      if ([...mine].some((run) => theirs.has(run))) continue;
      const near = alike(a, b);
      if (near >= 0.5) found.push([near, a, b]);
    }
  });
  return found
    .sort((x, y) => y[0] - x[0])
    .slice(0, most)
    .map(([, a, b]) => [a, b]);
}
