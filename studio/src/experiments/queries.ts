import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api, type ExperimentChange, take } from "../api/client";
import { useT } from "../i18n";
import { toast } from "../kit/toasts";

export interface ExperimentsView {
  metric: string;
  least: boolean;
  archived: boolean;
}

export const experiments = (ws: string, view: ExperimentsView) =>
  queryOptions({
    queryKey: ["experiments", ws, view],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/experiments", {
          params: { path: { workspace: ws }, query: view },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const experiment = (ws: string, name: string, metric: string) =>
  queryOptions({
    queryKey: ["experiments", ws, name, metric],
    queryFn: ({ signal }) =>
      take(
        api.GET("/w/{workspace}/experiment", {
          params: { path: { workspace: ws }, query: { name, metric } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Rename, write a note. What is refused is told, and resolves to false. */
export function useExperiment(ws: string) {
  const client = useQueryClient();
  const path = { params: { path: { workspace: ws } } };
  const done = () => client.invalidateQueries();
  const told = (error: Error) => toast(error.message);
  const change = useMutation({
    mutationFn: (body: ExperimentChange) =>
      take(api.POST("/w/{workspace}/experiment/change", { ...path, body })),
    // Nothing bears the old name any more: the page leaves it before anything is asked again.
    onSuccess: (_, { rename }) => void (rename || done()),
    onError: told,
  });
  const t = useT();
  const put = (verb: "delete" | "restore", name: string) =>
    take(
      verb === "delete"
        ? api.POST("/w/{workspace}/experiment/delete", { ...path, body: { name } })
        : api.POST("/w/{workspace}/experiment/restore", { ...path, body: { name } }),
    );
  const away = useMutation({
    mutationFn: ({ verb, name }: { verb: "delete" | "restore"; name: string }) => put(verb, name),
    onSuccess: (_, { verb, name }) => {
      const back = verb === "delete" ? "restore" : "delete";
      toast(t(`experiments.done.${verb}`, { name }), () =>
        void put(back, name).then(done, (error: Error) => told(error)),
      );
      void done();
    },
    onError: told,
  });
  return { change, away, done };
}
