import { useMutation, useQueryClient } from "@tanstack/react-query";

import { type Act, api, take } from "../api/client";
import { useT } from "../i18n";
import { toast } from "../kit/toasts";

export type Asked = Pick<Act, "verb"> & Partial<Act>;

/** Start, stop, restart or scale a compute; the toast puts it back where that can be. */
export function useAct(ws: string, name: string) {
  const t = useT();
  const client = useQueryClient();
  const again = () => void client.invalidateQueries();
  const send = (asked: Asked) =>
    take(
      api.POST("/w/{workspace}/computes/{name}/act", {
        params: { path: { workspace: ws, name } },
        body: asked,
      }),
    );
  return useMutation({
    mutationFn: send,
    onSuccess: ({ undo }, { verb }) => {
      toast(
        t(`compute.done.${verb}`, { name }),
        undo ? () => void send(undo).then(again, (e: Error) => toast(e.message)) : undefined,
      );
      again();
    },
    onError: (error) => toast(error.message),
  });
}
