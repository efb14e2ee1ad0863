/// <reference lib="webworker" />
// One stream for all tabs of a browser: HTTP/1.1 allows six connections to a server.
import { follow, type Said } from "./stream";

const scope = self as unknown as SharedWorkerGlobalScope;
const ports = new Set<MessagePort>();
let state: Said = { kind: "state", live: false };
let stop: (() => void) | undefined;

function say(said: Said): void {
  if (said.kind === "state") state = said;
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
  stop ??= follow(scope.name, say);
};
