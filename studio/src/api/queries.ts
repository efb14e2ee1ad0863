import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

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
  group?: "" | "experiment";
}
export const PAGE = 100;

/** Up to which run a list is shown, while what is newer waits: by list. */
const held = new Map<string, number>();
const list = (ws: string, { filter, group }: ListView) => JSON.stringify([ws, filter, group]);

/** Let a list show what is newest when it is asked for again. */
export const letGo = (ws: string, view: ListView): void => void held.delete(list(ws, view));

export const jobs = (ws: string, view: ListView, page: number) =>
  queryOptions({
    queryKey: ["jobs", ws, view, page],
    queryFn: async ({ signal }) => {
      const found = await take(
        api.POST("/w/{workspace}/jobs/query", {
          ...at(ws),
          body: {
            ...view,
            columns: [...view.columns],
            offset: page * PAGE,
            limit: PAGE,
            upto: held.get(list(ws, view)) ?? null,
            group: view.group ?? "",
          },
          signal,
        }),
      );
      if (!held.has(list(ws, view))) held.set(list(ws, view), found.newest);
      return found;
    },
  });

export const groups = (ws: string, view: ListView) =>
  queryOptions({
    queryKey: ["groups", ws, view.filter],
    queryFn: ({ signal }) =>
      take(
        api.POST("/w/{workspace}/jobs/groups", {
          ...at(ws),
          body: { filter: view.filter, upto: held.get(list(ws, view)) ?? null },
          signal,
        }),
      ),
    enabled: view.group === "experiment",
    placeholderData: keepPreviousData,
  });

export const around = (ws: string, name: string, view: ListView | null) =>
  queryOptions({
    queryKey: ["around", ws, name, view],
    queryFn: ({ signal }) =>
      take(
        api.POST("/w/{workspace}/jobs/around", {
          ...at(ws),
          body: { name, filter: view?.filter ?? "", sort: view?.sort ?? "", group: view?.group ?? "" },
          signal,
        }),
      ),
    enabled: view !== null,
    retry: false,
  });

export const exportUrl = (ws: string, view: ListView): string => {
  const query = new URLSearchParams({ filter: view.filter, sort: view.sort });
  for (const column of view.columns) query.append("columns", column);
  return `/studio/api/w/${encodeURIComponent(ws)}/jobs/export?${query}`;
};

export const views = (ws: string, list: string) =>
  queryOptions({
    queryKey: ["views", ws, list],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/views", {
          params: { path: { workspace: ws }, query: { list } },
          signal,
        }),
      ),
  });

export const view = (ws: string, id: string) =>
  queryOptions({
    queryKey: ["view", ws, id],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/views/{id}", { params: { path: { workspace: ws, id } }, signal }),
      ),
    retry: false,
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

export const TEXT_PART = 256 * 1024;

/** Parts of a file's text, one after the other. `of`: the run's own files, or the code it was sent with. */
export const text = (ws: string, name: string, path: string, of: "files" | "code", pretty = false) =>
  infiniteQueryOptions({
    queryKey: ["text", ws, name, path, of, pretty],
    queryFn: ({ signal, pageParam: first }) => {
      const at = { workspace: ws, name };
      return take(
        of === "code"
          ? api.GET("/w/{workspace}/jobs/{name}/code/text", {
              params: { path: at, query: { path, first } },
              signal,
            })
          : api.GET("/w/{workspace}/jobs/{name}/text", {
              params: { path: at, query: { path, first, pretty } },
              signal,
            }),
      );
    },
    initialPageParam: 0,
    getNextPageParam: (last) => last.next,
  });

export const TABLE_PART = 200;

export const table = (ws: string, name: string, path: string) =>
  infiniteQueryOptions({
    queryKey: ["table", ws, name, path],
    queryFn: ({ signal, pageParam: first }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}/table", {
          params: { path: { workspace: ws, name }, query: { path, first, count: TABLE_PART } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last) => {
      const next = last.first + last.rows.length;
      return last.rows.length > 0 && next < last.total ? next : undefined;
    },
  });

export const images = (ws: string, name: string) =>
  queryOptions({
    queryKey: ["images", ws, name],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}/images", {
          params: { path: { workspace: ws, name } },
          signal,
        }),
      ),
  });

export const code = (ws: string, name: string) =>
  queryOptions({
    queryKey: ["code", ws, name],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}/code", {
          params: { path: { workspace: ws, name } },
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
  infiniteQueryOptions({
    queryKey: ["hits", ws, name, path, q],
    queryFn: ({ signal, pageParam: first }) =>
      take(
        api.GET("/w/{workspace}/jobs/{name}/log/search", {
          params: { path: { workspace: ws, name }, query: { path, q, first } },
          signal,
        }),
      ),
    initialPageParam: 1,
    getNextPageParam: (last) => last.next,
    enabled: q !== "",
  });

export const rawUrl = (ws: string, name: string, path: string, download: boolean): string => {
  const query = new URLSearchParams({ path, download: String(download) });
  return `/studio/api/w/${encodeURIComponent(ws)}/jobs/${encodeURIComponent(name)}/raw?${query}`;
};

/** HTML that a run wrote, to be looked at in a sandbox. */
export const pageUrl = (ws: string, name: string, path: string): string =>
  `${rawUrl(ws, name, path, false)}&page=true`;

export const codeUrl = (ws: string, name: string, path: string): string =>
  `/studio/api/w/${encodeURIComponent(ws)}/jobs/${encodeURIComponent(name)}/code/raw?${new URLSearchParams({ path })}`;

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
