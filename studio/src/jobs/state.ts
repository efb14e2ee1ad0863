// What a list shows is in its URL: a saved view's name, and whatever is different from it.

/** Of a list's search parameters those that a view keeps. */
export const KEPT = ["filter", "sort", "cols", "widths", "group"] as const;
export type Part = (typeof KEPT)[number];
export type State = Partial<Record<Part, string>>;
export interface Search extends State {
  view?: string;
}

/** Longer addresses are kept as a view by the server. */
export const LONGEST = 1800;
/** The list without any view, where the workspace has a default one. */
export const PLAIN = "all";

/** The view with what the URL says instead. "" says that the view's own does not hold. */
export function merged(search: Search, view: State | undefined): State {
  const found: State = {};
  for (const part of KEPT) {
    const value = search[part] ?? view?.[part];
    if (value) found[part] = value;
  }
  return found;
}

/** What the URL has to say of that state beside the view. */
export function beside(state: State, view: State | undefined): State {
  const found: State = {};
  for (const part of KEPT) {
    const value = state[part] ?? "";
    if (value !== (view?.[part] ?? "")) found[part] = value;
  }
  return found;
}

export const isPlain = (search: Search): boolean =>
  search.view === undefined && KEPT.every((part) => search[part] === undefined);

/** What a server may have kept of a later version is left alone, what is no text is not. */
export function stateOf(kept: Record<string, string>): State {
  return Object.fromEntries(KEPT.filter((part) => kept[part]).map((part) => [part, kept[part]]));
}
