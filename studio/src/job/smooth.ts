/** What the runner measures of the machine, beside what the job's own code logs. */
export const isSystem = (metric: string): boolean => metric.startsWith("system/");

/** An exponential mean that begins without a bias; weight 0 gives the values as they are. */
export function smoothed(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  let mean = 0;
  let power = 1;
  return values.map((value) => {
    mean = mean * weight + value * (1 - weight);
    power *= weight;
    return mean / (1 - power);
  });
}

/** "2000:4000" of a URL; undefined for what is none. */
export function zoomOf(text: string | undefined): [number, number] | undefined {
  const match = /^(-?\d+):(-?\d+)$/.exec(text ?? "");
  if (!match) return undefined;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return from < to ? [from, to] : undefined;
}
