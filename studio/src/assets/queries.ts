import { queryOptions } from "@tanstack/react-query";

import { api, take } from "../api/client";

export interface At {
  ws: string;
  kind: string;
  name: string;
  version: string;
}
const path = ({ ws, kind, name, version }: At) => ({ workspace: ws, kind, name, version });

export const versions = (ws: string, kind: string, name: string) =>
  queryOptions({
    queryKey: ["versions", ws, kind, name],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/assets/{kind}/{name}", {
          params: { path: { workspace: ws, kind, name } },
          signal,
        }),
      ),
  });

export const difference = (ws: string, kind: string, name: string, a: string, b: string) =>
  queryOptions({
    queryKey: ["difference", ws, kind, name, a, b],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/assets/{kind}/{name}/difference", {
          params: { path: { workspace: ws, kind, name }, query: { a, b } },
          signal,
        }),
      ),
  });

export const lineage = (ws: string, kind: string, name: string, version: string) =>
  queryOptions({
    queryKey: ["lineage", ws, kind, name, version],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/lineage", {
          params: { path: { workspace: ws }, query: { kind, name, version } },
          signal,
        }),
      ),
  });

export const listing = (at: At, folder: string) =>
  queryOptions({
    queryKey: ["listing", at.ws, at, folder],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/assets/{kind}/{name}/{version}/files", {
          params: { path: path(at), query: { path: folder } },
          signal,
        }),
      ),
  });

export const readPart = (at: At, file: string, begin: number, signal?: AbortSignal) =>
  take(
    api.GET("/w/{workspace}/assets/{kind}/{name}/{version}/preview", {
      params: { path: path(at), query: { path: file, begin } },
      signal,
    }),
  );

export const preview = (at: At, file: string) =>
  queryOptions({
    queryKey: ["preview", at.ws, at, file],
    queryFn: ({ signal }) => readPart(at, file, 0, signal),
  });

export const fileUrl = ({ ws, kind, name, version }: At, file: string, download: boolean): string => {
  const parts = [ws, "assets", kind, name, version].map(encodeURIComponent).join("/");
  const query = new URLSearchParams({ path: file, download: String(download) });
  return `/studio/api/w/${parts}/raw?${query}`;
};

const going = (state: string | undefined): boolean => state === "building";

export const build = (ws: string, name: string, version: string, awaited: boolean) =>
  queryOptions({
    queryKey: ["build", ws, name, version],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/environments/{name}/{version}/build", {
          params: { path: { workspace: ws, name, version } },
          signal,
        }),
      ),
    // No event tells of a build, so whoever watches one asks.
    refetchInterval: ({ state }) => (awaited || going(state.data?.state) ? 1000 : false),
  });

export const buildLog = (ws: string, name: string, version: string, going: boolean) =>
  queryOptions({
    queryKey: ["buildlog", ws, name, version],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/environments/{name}/{version}/log", {
          params: { path: { workspace: ws, name, version }, query: { first: -2000, count: 2000 } },
          signal,
        }),
      ),
    refetchInterval: going ? 1000 : false,
  });
