import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, type Curve, take } from "./client";
import { Gatherer, PACKED, read } from "./curves";

const at = (ws: string) => ({ params: { path: { workspace: ws } } });

export const session = () =>
  queryOptions({
    queryKey: ["session"],
    queryFn: ({ signal }) => take(api.GET("/session", { signal })),
    staleTime: 10 * 60_000,
    retry: false,
  });

export const home = (ws: string) =>
  queryOptions({
    queryKey: ["home", ws],
    queryFn: ({ signal }) => take(api.GET("/w/{workspace}/home", { ...at(ws), signal })),
  });

export interface ListView {
  filter: string;
  sort: string;
  columns: readonly string[];
}
export const PAGE = 100;

export const jobs = (ws: string, view: ListView, page: number) =>
  queryOptions({
    queryKey: ["jobs", ws, view, page],
    queryFn: ({ signal }) =>
      take(
        api.POST("/w/{workspace}/jobs/query", {
          ...at(ws),
          body: { ...view, columns: [...view.columns], offset: page * PAGE, limit: PAGE },
          signal,
        }),
      ),
  });

export const histogram = (ws: string, filter: string, bins: number) =>
  queryOptions({
    queryKey: ["histogram", ws, filter, bins],
    queryFn: ({ signal }) =>
      take(api.POST("/w/{workspace}/jobs/histogram", { ...at(ws), body: { filter, bins }, signal })),
    placeholderData: keepPreviousData,
  });

export const columns = (ws: string, like: string) =>
  queryOptions({
    queryKey: ["columns", ws, like],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/jobs/columns", {
          params: { path: { workspace: ws }, query: { like } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const job = (ws: string, name: string) =>
  queryOptions({
    queryKey: ["job", ws, name],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}", { params: { path: { workspace: ws, name } }, signal }),
      ),
  });

export interface CurveView {
  runs: readonly string[];
  key: string;
  width: number;
  x: "step" | "time";
  first?: number;
  last?: number;
}

const gatherer = new Gatherer<Curve[]>();

export const curves = (ws: string, view: CurveView) =>
  queryOptions({
    queryKey: ["curves", ws, view.runs, view],
    queryFn: () => {
      const { runs, key, width, x, first, last } = view;
      const send = async (keys: string[]) => {
        const body = { runs: [...runs], keys, width, x, first, last };
        const answer = await api.POST("/w/{workspace}/curves", {
          ...at(ws),
          body,
          headers: { accept: `application/json, ${PACKED}` },
          parseAs: "arrayBuffer",
        });
        const found = read(await take(Promise.resolve(answer)), answer.response.headers.get("content-type"));
        return new Map(keys.map((one) => [one, found.filter((curve) => curve.key === one)]));
      };
      return gatherer.ask(JSON.stringify([ws, runs, width, x, first, last]), key, send);
    },
    placeholderData: keepPreviousData,
  });

export const files = (ws: string, name: string, path: string) =>
  queryOptions({
    queryKey: ["files", ws, name, path],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}/files", {
          params: { path: { workspace: ws, name }, query: { path } },
          signal,
        }),
      ),
  });

export const LOG_PAGE = 500;

export const log = (ws: string, name: string, path: string, page: number) =>
  queryOptions({
    queryKey: ["log", ws, name, path, page],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}/log", {
          params: {
            path: { workspace: ws, name },
            query: { path, first: page * LOG_PAGE + 1, count: LOG_PAGE },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const hits = (ws: string, name: string, path: string, q: string) =>
  queryOptions({
    queryKey: ["hits", ws, name, path, q],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}/log/search", {
          params: { path: { workspace: ws, name }, query: { path, q } },
          signal,
        }),
      ),
    enabled: q !== "",
  });

export const rawUrl = (ws: string, name: string, path: string, download: boolean): string => {
  const query = new URLSearchParams({ path, download: String(download) });
  return `/studio/api/w/${encodeURIComponent(ws)}/jobs/${encodeURIComponent(name)}/raw?${query}`;
};

export const comparison = (ws: string, runs: readonly string[]) =>
  queryOptions({
    queryKey: ["compare", ws, runs],
    queryFn: ({ signal }) =>
      take(api.POST("/w/{workspace}/compare", { ...at(ws), body: { names: [...runs] }, signal })),
    enabled: runs.length > 0,
    placeholderData: keepPreviousData,
  });

export const assets = (ws: string, kind: string, archived: boolean) =>
  queryOptions({
    queryKey: ["assets", ws, kind, archived],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/assets/{kind}", {
          params: { path: { workspace: ws, kind }, query: { archived } },
          signal,
        }),
      ),
  });

export const asset = (ws: string, kind: string, name: string, version: string) =>
  queryOptions({
    queryKey: ["asset", ws, kind, name, version],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/assets/{kind}/{name}/{version}", {
          params: { path: { workspace: ws, kind, name, version } },
          signal,
        }),
      ),
  });

export const computes = (ws: string) =>
  queryOptions({
    queryKey: ["computes", ws],
    queryFn: ({ signal }) => take(api.GET("/w/{workspace}/computes", { ...at(ws), signal })),
  });

export const compute = (ws: string, name: string) =>
  queryOptions({
    queryKey: ["compute", ws, name],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/computes/{name}", {
          params: { path: { workspace: ws, name } },
          signal,
        }),
      ),
  });

export const copies = (ws: string, kind: string, name: string) =>
  queryOptions({
    queryKey: ["copies", ws, kind, name],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/copy", {
          params: { path: { workspace: ws }, query: { kind, name } },
          signal,
        }),
      ),
  });

export const search = (ws: string, q: string) =>
  queryOptions({
    queryKey: ["search", ws, q],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/search", {
          params: { path: { workspace: ws }, query: { q } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
