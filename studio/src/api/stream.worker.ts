/// <reference lib="webworker" />
// One stream for all tabs of a browser: HTTP/1.1 allows six connections to a server.
import { follow, type Said } from "./stream";

const scope = self as unknown as SharedWorkerGlobalScope;
const ports = new Set<MessagePort>();
let state: Said = { kind: "state", live: false };
let stop: (() => void) | undefined;
// A tab asked for its page a moment before it listens: what was said in that moment is repeated.
const BACK_MS = 10_000;
let lately: [number, Said][] = [];

function say(said: Said): void {
  if (said.kind === "state") state = said;
  else lately = [...lately.filter(([at]) => at > Date.now() - BACK_MS), [Date.now(), said]];
  for (const port of ports) port.postMessage(said);
}

scope.onconnect = (event) => {
  const port = event.ports[0]!;
  ports.add(port);
  port.onmessage = () => {
    ports.delete(port);
    if (ports.size === 0) {
      stop?.();
      stop = undefined;
      state = { kind: "state", live: false };
    }
  };
  port.postMessage(state);
  for (const [at, said] of lately) if (at > Date.now() - BACK_MS) port.postMessage(said);
  stop ??= follow(scope.name, say);
};
