import { FluentProvider } from "@fluentui/react-components";
import { type ReactNode, useEffect } from "react";

import { dark, light, useDark } from "./theme";

/** Fluent copies the provider's class to every portal: layout stands on the element inside. */
export function Themed({ children }: { children: ReactNode }) {
  const on = useDark();
  useEffect(() => {
    document.documentElement.dataset.theme = on ? "dark" : "light";
  }, [on]);
  return (
    <FluentProvider theme={on ? dark : light}>
      <div className="app">{children}</div>
    </FluentProvider>
  );
}
