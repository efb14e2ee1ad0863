// What the server says changes what is on the screen, without a reload.
import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import type { Job, Jobs } from "./client";
import { patched } from "./patch";
import { follow, type Said } from "./stream";

// What a run that began or ended may change.
const LISTS = [
  ...["jobs", "groups", "home", "histogram", "experiments", "computes", "compute"],
  ...["assets", "asset", "versions", "lineage"],
];

let live = true; // until we know better: no amber flash on opening a page
const listeners = new Set<() => void>();

function setLive(now: boolean): void {
  live = now;
  for (const listener of listeners) listener();
}

export function useLive(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );
}

function connect(workspace: string, say: (said: Said) => void): () => void {
  if (typeof SharedWorker === "undefined") return follow(workspace, say);
  const worker = new SharedWorker(new URL("./stream.worker.ts", import.meta.url), {
    type: "module",
    name: workspace,
  });
  worker.port.onmessage = (event: MessageEvent<Said>) => say(event.data);
  const leave = () => worker.port.postMessage("leave");
  addEventListener("pagehide", leave);
  return () => {
    removeEventListener("pagehide", leave);
    leave();
    worker.port.close();
  };
}

/** Gathers names for a moment, then has what depends on them asked for again, once. */
class Gathered {
  #names = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  constructor(
    private readonly afterMs: number,
    private readonly act: (names: Set<string>) => void,
  ) {}
  add(name: string): void {
    this.#names.add(name);
    this.#timer ??= setTimeout(() => {
      const names = this.#names;
      this.#names = new Set();
      this.#timer = undefined;
      this.act(names);
    }, this.afterMs);
  }
}

function listener(client: QueryClient): (said: Said) => void {
  const again = (about: string, names: Set<string>) =>
    client.invalidateQueries({
      predicate: ({ queryKey: [kind, , of] }) =>
        kind === about &&
        (Array.isArray(of) ? of.some((one) => names.has(one)) : names.has(String(of))),
    });
  // Why a job waits depends on the others: each end or start may be what it waited for.
  const waiting = () =>
    client.invalidateQueries({
      queryKey: ["job"],
      predicate: ({ state }) =>
        /^(NotStarted|Queued)$/.test((state.data as Job | undefined)?.row.state ?? ""),
    });
  const changed = new Gathered(150, (names) => {
    void again("job", names);
    void waiting();
    void again("compare", names);
  });
  const lists = new Gathered(1000, () => {
    for (const kind of LISTS)
      void client.invalidateQueries({ queryKey: [kind] });
  });
  const logged = new Gathered(1000, (names) => {
    void again("curves", names);
    void again("job", names);
    void again("compare", names);
  });
  const written = new Gathered(250, (names) => {
    for (const kind of ["log", "files", "images", "text", "table"]) void again(kind, names);
  });
  return (said) => {
    if (said.kind === "state") setLive(said.live);
    else if (said.kind === "anew") void client.invalidateQueries();
    else if (said.kind === "logged") logged.add(said.name);
    else if (said.kind === "log") written.add(said.name);
    else {
      client.setQueriesData<Jobs | InfiniteData<Jobs>>({ queryKey: ["jobs"] }, (jobs) =>
        jobs !== undefined && "rows" in jobs ? patched(jobs, said.name, said.state) : jobs,
      );
      changed.add(said.name);
      lists.add(said.name);
      // What was written just before an end is said by no event of its own.
      logged.add(said.name);
      written.add(said.name);
    }
  };
}

/** Keep this page up to date with a workspace; while the line is lost, ask every ten seconds. */
export function useUpdates(workspace: string): void {
  const client = useQueryClient();
  useEffect(() => connect(workspace, listener(client)), [client, workspace]);
  const here = useLive();
  useEffect(() => {
    if (here) return;
    const timer = setInterval(() => void client.invalidateQueries(), 10_000);
    return () => clearInterval(timer);
  }, [client, here]);
}
