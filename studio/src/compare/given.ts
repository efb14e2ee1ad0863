import type { Row } from "../api/client";
import type { Shown } from "./differences";
import type { CompareSearch } from "./search";

/** What each tab of a comparison is given. */
export interface Given {
  ws: string;
  runs: readonly Row[];
  lines: readonly Shown[];
  stepped: readonly string[];
  search: CompareSearch;
  set: (next: Partial<CompareSearch>, push?: boolean) => void;
}
