export interface ExperimentsSearch {
  metric?: string;
  least?: true;
  archived?: true;
}
export interface ExperimentSearch {
  metric?: string;
}

type Search = Record<string, unknown>;

const yes = (value: unknown): true | undefined => value === true || value === "true" || undefined;
const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === "" ? undefined : String(value);

export const experimentsSearch = (s: Search): ExperimentsSearch => ({
  ...s,
  metric: text(s.metric),
  least: yes(s.least),
  archived: yes(s.archived),
});

export const experimentSearch = (s: Search): ExperimentSearch => ({ ...s, metric: text(s.metric) });
