import { type ReactNode, useState } from "react";

/** What is only made when somebody opens it: a table of 200 runs costs more than its chart. */
export function Details(props: { summary: string; className?: string; children: () => ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={props.className} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.summary}</summary>
      {open && props.children()}
    </details>
  );
}
