import "./app/studio.css";

import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiError } from "./api/client";
import { makeRouter } from "./app/router";
import { Themed } from "./app/Themed";
import { activate, preferred } from "./i18n";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000, // the stream says what changed before that
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
});

// The page came with the answers its first screen begins with.
const first: [string[], unknown][] = JSON.parse(
  document.getElementById("first")?.textContent || "[]",
);
for (const [key, answer] of first) client.setQueryData(key, answer);

await activate(preferred());
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <Themed>
          <RouterProvider router={makeRouter(client)} />
        </Themed>
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
);
