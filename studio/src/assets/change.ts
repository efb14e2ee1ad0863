import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, type Change, take } from "../api/client";
import { useT } from "../i18n";
import { toast } from "../kit/toasts";

const KINDS = new Set(["assets", "asset", "versions"]);

function useAgain() {
  const client = useQueryClient();
  return () =>
    void client.invalidateQueries({ predicate: ({ queryKey: [kind] }) => KINDS.has(String(kind)) });
}

/** Change what is said of a version (or of all, without one); the toast puts it back. */
export function useChangeAsset(ws: string, kind: string, name: string) {
  const t = useT();
  const again = useAgain();
  const send = ({ version, change }: { version?: string; change: Partial<Change> }) => {
    const body = { description: null, tags: null, archived: null, ...change };
    return take(
      version === undefined
        ? api.POST("/w/{workspace}/assets/{kind}/{name}/change", {
            params: { path: { workspace: ws, kind, name } },
            body,
          })
        : api.POST("/w/{workspace}/assets/{kind}/{name}/{version}/change", {
            params: { path: { workspace: ws, kind, name, version } },
            body,
          }),
    );
  };
  return useMutation({
    mutationFn: send,
    onSuccess: (before, { version, change }) => {
      const back: Partial<Change> = {};
      if (change.description !== undefined) back.description = before.description ?? "";
      if (change.tags !== undefined) back.tags = before.tags;
      if (change.archived !== undefined) back.archived = before.archived;
      const said =
        change.archived === undefined
          ? t("assets.done.changed")
          : change.archived
            ? t("assets.done.archived")
            : t("assets.done.restored");
      toast(said, () =>
        void send({ version, change: back }).then(again, (e: Error) => toast(e.message)),
      );
      again();
    },
    onError: (error) => toast(error.message),
  });
}

export interface AliasMove {
  alias: string;
  version: string | null;
  was: string | null;
}

/** One step on the server, refused when somebody else moved the alias meanwhile. */
export function useMoveAlias(ws: string, name: string) {
  const t = useT();
  const again = useAgain();
  const send = (body: AliasMove) =>
    take(
      api.POST("/w/{workspace}/models/{name}/alias", {
        params: { path: { workspace: ws, name } },
        body,
      }),
    );
  return useMutation({
    mutationFn: send,
    onSuccess: (_, { alias, version, was }) => {
      const said =
        version === null
          ? t("alias.done.gone", { alias })
          : t("alias.done.moved", { alias, version });
      toast(said, () =>
        void send({ alias, version: was, was: version }).then(again, (e: Error) =>
          toast(e.message),
        ),
      );
      again();
    },
    onError: (error) => {
      toast(error.message);
      again();
    },
  });
}
