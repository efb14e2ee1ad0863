import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, type OverlayQuery, take } from "../api/client";

const at = (ws: string) => ({ params: { path: { workspace: ws } } });

const BUCKETS = 40_000; // of all curves of a chart together

/** How much of each run is asked for depends on how many there are, not on the window: so it can be
 * asked for before there is a chart. */
export const viewOf = (
  runs: readonly string[],
  keys: readonly string[],
  x: "step" | "time",
  bounds: readonly [number, number] | undefined,
): OverlayQuery => ({
  runs: [...runs],
  keys: [...keys],
  width: Math.max(100, Math.min(1200, Math.floor(BUCKETS / Math.max(1, runs.length)))),
  x,
  first: bounds?.[0],
  last: bounds?.[1],
});

// The names of the runs stand third, so that what is logged to one of them asks again.
export const overlay = (ws: string, view: OverlayQuery) =>
  queryOptions({
    queryKey: ["curves", ws, view.runs, "overlay", view],
    queryFn: async ({ signal }) =>
      (await take(api.POST("/w/{workspace}/compare/curves", { ...at(ws), body: view, signal }))).curves,
    placeholderData: keepPreviousData,
  });

export const code = (ws: string, a: string, b: string) =>
  queryOptions({
    queryKey: ["code", ws, a, b],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/compare/code", {
          params: { path: { workspace: ws }, query: { a, b } },
          signal,
        }),
      ),
  });

export const codeFile = (ws: string, a: string, b: string, path: string) =>
  queryOptions({
    queryKey: ["code", ws, a, b, path],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/compare/code/file", {
          params: { path: { workspace: ws }, query: { a, b, path } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const images = (ws: string, names: readonly string[]) =>
  queryOptions({
    queryKey: ["compare", ws, names, "images"],
    queryFn: ({ signal }) =>
      take(api.POST("/w/{workspace}/compare/images", { ...at(ws), body: { names: [...names] }, signal })),
  });
