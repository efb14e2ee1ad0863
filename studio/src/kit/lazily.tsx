import { type ComponentType, lazy, useState } from "react";

/** A component that is loaded when it is first needed, or ahead of that.
 *
 * React shows the fallback of a `lazy` component for 300 ms at least, even when its code is there
 * already. What was loaded ahead is drawn at once instead. */
export function lazily<P extends object>(load: () => Promise<{ default: ComponentType<P> }>) {
  let loaded: ComponentType<P> | undefined;
  const once = async () => {
    const found = await load();
    loaded = found.default;
    return found;
  };
  const Later = lazy(once);
  function Lazily(props: P) {
    // One of the two for as long as it stands: changing between them would begin anew.
    const [Shown] = useState(() => loaded ?? (Later as unknown as ComponentType<P>));
    return <Shown {...props} />;
  }
  return Object.assign(Lazily, { ahead: () => void once().catch(() => undefined) });
}
