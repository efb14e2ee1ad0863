import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, type Names, take } from "../api/client";
import { useT } from "../i18n";
import { toast } from "../kit/toasts";

export type Verb = "cancel" | "archive" | "restore" | "delete" | "undelete";
const BACK: Partial<Record<Verb, Verb>> = {
  archive: "restore",
  restore: "archive",
  delete: "undelete",
  undelete: "delete",
};

/** Cancel, archive, restore, delete; what can be undone offers to. */
export function useChange(ws: string) {
  const t = useT();
  const client = useQueryClient();
  const send = ({ verb, names }: { verb: Verb } & Names) =>
    take(
      api.POST("/w/{workspace}/jobs/change/{verb}", {
        params: { path: { workspace: ws, verb } },
        body: { names },
      }),
    );
  const goBack = (verb: Verb, names: string[]) =>
    send({ verb, names })
      .then(({ done, refused }) => {
        if (done.length > 0) toast(t(`jobs.done.${verb}`, { count: done.length }));
        for (const one of refused.slice(0, 3)) toast(one.why);
      })
      .catch((error: Error) => toast(error.message))
      .finally(() => void client.invalidateQueries());
  return useMutation({
    mutationFn: send,
    onSuccess: ({ done, refused }, { verb }) => {
      const back = BACK[verb];
      const undo = back && done.length > 0 ? () => void goBack(back, done) : undefined;
      if (done.length > 0) toast(t(`jobs.done.${verb}`, { count: done.length }), undo);
      for (const one of refused.slice(0, 3)) toast(one.why);
      if (refused.length > 3) toast(t("jobs.refused", { count: refused.length - 3 }));
      void client.invalidateQueries();
    },
    onError: (error) => toast(error.message),
  });
}
