// The line to the server: server-sent events, asked for again where they ended.

export type Said =
  | { kind: "state"; live: boolean }
  | { kind: "anew" }
  | { kind: "run"; name: string; state: string }
  | { kind: "logged"; name: string }
  | { kind: "log"; name: string; size: number };

const LOST_MS = 5000; // quiet for so long before anybody is told
const SILENT_MS = 25_000; // the server says something at least every ten seconds
const AGAIN_MS = 2000;

/** Follows one workspace until `stop` is called. */
export function follow(workspace: string, say: (said: Said) => void): () => void {
  let source: EventSource | undefined;
  let last = "";
  let live = false;
  let heard = Date.now();
  let lost: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;

  const here = (event: MessageEvent<string>) => {
    last = event.lastEventId || last;
    heard = Date.now();
    clearTimeout(lost);
    lost = undefined;
    if (!live) say({ kind: "state", live: (live = true) });
  };
  const away = () => {
    lost ??= setTimeout(() => {
      if (live) say({ kind: "state", live: (live = false) });
    }, LOST_MS);
  };
  const open = () => {
    clearTimeout(again);
    const path = `/studio/api/w/${encodeURIComponent(workspace)}/events`;
    source = new EventSource(`${path}?after=${encodeURIComponent(last)}`);
    source.addEventListener("hello", (event) => {
      here(event);
      if (event.data === "anew") say({ kind: "anew" });
    });
    source.addEventListener("beat", here);
    for (const kind of ["run", "logged", "log"] as const) {
      source.addEventListener(kind, (event) => {
        here(event);
        say({ kind, ...JSON.parse(event.data) });
      });
    }
    source.onerror = () => {
      away();
      // Always by ourselves: left alone, a browser does not try again after an answer that is no
      // stream, and forgets nothing of the address it was given first.
      source?.close();
      clearTimeout(again);
      again = setTimeout(open, AGAIN_MS);
    };
  };
  open();
  const watch = setInterval(() => {
    if (Date.now() - heard > SILENT_MS) {
      heard = Date.now();
      source?.onerror?.(new Event("error"));
    }
  }, 5000);
  return () => {
    clearInterval(watch);
    clearTimeout(lost);
    clearTimeout(again);
    source?.close();
  };
}
