import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";

import { api, take, type View } from "../api/client";
import * as queries from "../api/queries";
import { toast } from "../kit/toasts";
import { beside, isPlain, KEPT, LONGEST, merged, PLAIN, type Search, type State, stateOf } from "./state";

const NONE = Object.fromEntries([...KEPT, "view"].map((part) => [part, undefined]));
const LIST = "jobs";
const REMEMBERED = "zafiro.list";

export interface List {
  ws: string;
  state: State;
  /** Saved views of this list; the one that is on, and whether the URL says more than it. */
  views: readonly View[];
  view: View | undefined;
  changed: boolean;
  /** What a view says is not known yet. */
  waiting: boolean;
  missing: Error | null;
  set: (next: State) => void;
  show: (view: View | undefined, state?: State) => void;
}

/** The list as its URL and the view it names say. */
export function useList(): List {
  const { ws } = useParams({ from: "/w/$ws/jobs" });
  const search: Search = useSearch({ from: "/w/$ws/jobs" });
  const navigate = useNavigate({ from: "/w/$ws/jobs" });
  const kept = useQuery(queries.views(ws, LIST));
  const views = kept.data?.views ?? [];
  const start = views.find((one) => one.scope === "default");
  const id = isPlain(search) ? start?.id : search.view === PLAIN ? undefined : search.view;
  const listed = views.find((one) => one.id === id);
  const asked = id !== undefined && !kept.isPending && !listed;
  const other = useQuery({ ...queries.view(ws, id ?? ""), enabled: asked });
  const view = listed ?? (asked ? other.data : undefined);
  const waiting = kept.isPending || (asked && other.isPending);
  const of = view && stateOf(view.state);
  const state = merged(search, of);

  const go = useCallback(
    (said: State, id: string | undefined, push: boolean) =>
      void navigate({ search: (now) => ({ ...now, ...NONE, ...said, view: id }), replace: !push }),
    [navigate],
  );
  const set = (next: State) => {
    const wanted = { ...state, ...next };
    const said = beside(wanted, of);
    const nothing = Object.keys(said).length === 0;
    const to = view?.id ?? (start && nothing ? PLAIN : undefined);
    if (new URLSearchParams({ ...said, view: to ?? "" }).toString().length <= LONGEST)
      go(said, to, false);
    else
      void save(ws, { scope: "link", state: wanted })
        .then((made) => go({}, made.id, false))
        .catch((error: Error) => {
          toast(error.message);
          go(said, to, false);
        });
  };
  const show = (view: View | undefined, state: State = {}) => {
    const nothing = Object.keys(state).length === 0;
    go(state, view?.id ?? (start && nothing ? PLAIN : undefined), true);
  };

  const text = JSON.stringify({ ws, state });
  useEffect(() => {
    if (!waiting) sessionStorage.setItem(REMEMBERED, text);
  }, [text, waiting]);
  return {
    ws,
    state,
    views,
    view,
    changed: view !== undefined && Object.keys(beside(state, of)).length > 0,
    waiting,
    missing: asked ? other.error : null,
    set,
    show,
  };
}

/** The list this tab was on last, if it was of that workspace. */
export function remembered(ws: string): State | null {
  const kept: unknown = JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "null");
  if (typeof kept !== "object" || kept === null || !("ws" in kept) || kept.ws !== ws) return null;
  return "state" in kept ? (kept.state as State) : null;
}

export const listView = (state: State, columns: readonly string[] = []): queries.ListView => ({
  filter: state.filter ?? "",
  sort: state.sort ?? "-created",
  columns,
  group: state.group === "experiment" ? "experiment" : "",
});

interface Saved {
  name?: string;
  scope: string;
  state: State;
  id?: string;
}

export function save(ws: string, { name = "", scope, state, id = "" }: Saved): Promise<View> {
  const said = Object.fromEntries(Object.entries(state).filter(([, value]) => value));
  return take(
    api.POST("/w/{workspace}/views", {
      params: { path: { workspace: ws } },
      body: { list: LIST, name, scope, state: said, id },
    }),
  );
}

export function change(ws: string, view: View, next: Partial<Saved>): Promise<View> {
  const { name, scope, state, revision } = { ...view, ...next };
  const said = Object.fromEntries(Object.entries(state).filter(([, value]) => value));
  return take(
    api.PUT("/w/{workspace}/views/{id}", {
      params: { path: { workspace: ws, id: view.id } },
      body: { name, scope, state: said, revision },
    }),
  );
}

export function remove(ws: string, view: View): Promise<unknown> {
  return take(
    api.DELETE("/w/{workspace}/views/{id}", { params: { path: { workspace: ws, id: view.id } } }),
  );
}
