import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, type Job, type JobChange, take } from "../api/client";
import * as queries from "../api/queries";
import { toast } from "../kit/toasts";
import { changed } from "./changed";

/** Changes at once what is shown, and back, with the reason, when the server refuses. */
export function useEdit(ws: string, name: string) {
  const client = useQueryClient();
  const { queryKey } = queries.job(ws, name);
  return useMutation({
    mutationFn: (body: JobChange) =>
      take(
        api.PATCH("/w/{workspace}/jobs/{name}", { params: { path: { workspace: ws, name } }, body }),
      ),
    onMutate: async (change) => {
      await client.cancelQueries({ queryKey });
      const before = client.getQueryData<Job>(queryKey);
      if (before) client.setQueryData(queryKey, changed(before, change));
      return before;
    },
    onError: (error, _, before) => {
      if (before) client.setQueryData(queryKey, before);
      toast(error.message);
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey });
      void client.invalidateQueries({ queryKey: ["jobs", ws] });
    },
  });
}

/** Sends the same job again; `then` gets its name. */
export function useRerun(ws: string, then: (name: string) => void) {
  return useMutation({
    mutationFn: (name: string) =>
      take(
        api.POST("/w/{workspace}/jobs/{name}/rerun", { params: { path: { workspace: ws, name } } }),
      ),
    onSuccess: (made) => then(made.name),
    onError: (error) => toast(error.message),
  });
}
