import { useEffect } from "react";

/** The title of the tab, and what a screen reader hears on arriving. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Zafiro Studio`;
  }, [title]);
}
