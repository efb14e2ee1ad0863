import { type ComponentType, createElement, type FunctionComponent, useEffect, useState } from "react";

import { Loading } from "./states";

/** A component whose code comes when it is first needed, or before, by `preload`.
 *
 * Not React.lazy: what was preloaded has to be there at once, and Suspense, once it has shown its
 * fallback, shows nothing else for 300 ms (react-dom 19, FALLBACK_THROTTLE_MS).
 */
export function later<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
): FunctionComponent<P> & { preload: () => Promise<void> } {
  let found: ComponentType<P> | undefined;
  let asked: Promise<void> | undefined;
  const preload = () =>
    (asked ??= load().then(
      (module) => void (found = module.default),
      (error: unknown) => {
        asked = undefined;
        throw error;
      },
    ));
  function Later(props: P) {
    const [made, setMade] = useState<{ is: ComponentType<P> | undefined }>({ is: found });
    const [error, setError] = useState<unknown>();
    useEffect(() => {
      if (!made.is) preload().then(() => setMade({ is: found }), setError);
    }, [made.is]);
    if (error) throw error;
    return made.is ? createElement(made.is, props) : <Loading />;
  }
  return Object.assign(Later, { preload });
}
