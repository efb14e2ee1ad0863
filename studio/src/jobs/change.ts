import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, type Names, take } from "../api/client";
import { useT } from "../i18n";
import { toast } from "../kit/toasts";

type Verb = "cancel" | "archive" | "restore";
const BACK: Partial<Record<Verb, Verb>> = { archive: "restore", restore: "archive" };

/** Cancel, archive or restore; what can be undone offers to. */
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
  return useMutation({
    mutationFn: send,
    onSuccess: ({ done, refused }, { verb }) => {
      const back = BACK[verb];
      const undo =
        back && done.length > 0
          ? () => void send({ verb: back, names: done }).then(() => client.invalidateQueries())
          : undefined;
      if (done.length > 0) toast(t(`jobs.done.${verb}`, { count: done.length }), undo);
      for (const one of refused.slice(0, 3)) toast(one.why);
      void client.invalidateQueries();
    },
    onError: (error) => toast(error.message),
  });
}
