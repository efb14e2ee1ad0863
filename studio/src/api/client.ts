import createClient from "openapi-fetch";

import type { paths, Problem } from "./schema";

export type * from "./schema";

/** What the server refused, as it says it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly id: string;

  constructor(status: number, problem: Partial<Problem> | undefined) {
    super(problem?.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem?.code ?? String(status);
    this.id = problem?.id ?? "";
  }
}

export const api = createClient<paths>({
  baseUrl: "/studio/api",
  headers: { "x-zafiro-studio": "1" },
});

export const SIGN_IN = "/studio/sign-in";

/** Leave for the sign-in page, and come back here. */
export function toSignIn(): void {
  if (location.pathname.startsWith(SIGN_IN)) return;
  const here = location.pathname + location.search;
  location.assign(`${SIGN_IN}?next=${encodeURIComponent(here)}`);
}

interface Answer<D> {
  data?: D;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws ApiError; who is not signed in is led to where they can. */
export async function take<D>(asked: Promise<Answer<D>>): Promise<D> {
  const { data, error, response } = await asked;
  if (response.ok) return data as D;
  if (response.status === 401) toSignIn();
  throw new ApiError(response.status, (error ?? undefined) as Partial<Problem> | undefined);
}
