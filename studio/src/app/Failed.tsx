import type { ErrorComponentProps } from "@tanstack/react-router";

import { Problem } from "../kit/states";

export function Failed({ error, reset }: ErrorComponentProps) {
  return <Problem error={error} retry={reset} />;
}
