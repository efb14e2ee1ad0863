import { Button, Field, Input } from "@fluentui/react-components";
import { useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { api, ApiError, take } from "../api/client";
import { useT } from "../i18n";
import { Mark } from "./Mark";

/** For who has no cookie, or followed a link whose token is not this server's. */
export function SignIn() {
  const t = useT();
  const search = useSearch({ from: "/sign-in" });
  const [token, setToken] = useState("");
  const [wrong, setWrong] = useState(search.token ? t("signin.wrong") : "");
  const send = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const pasted = /[?&]token=([^&\s]+)/.exec(token)?.[1] ?? token.trim();
      await take(api.POST("/session", { body: { token: pasted } }));
      location.assign(search.next?.startsWith("/studio/") ? search.next : "/studio/");
    } catch (error) {
      setWrong(error instanceof ApiError && error.status === 401 ? t("signin.wrong") : String(error));
    }
  };
  return (
    <main className="signin">
      <form onSubmit={send} className="card">
        <h1>
          <Mark /> Zafiro Studio
        </h1>
        <p>{t("signin.how")}</p>
        <pre>zafiro status</pre>
        <Field
          label={t("signin.token")}
          validationMessage={wrong || undefined}
          validationState={wrong ? "error" : "none"}
        >
          <Input
            value={token}
            onChange={(_, { value }) => setToken(value)}
            type="password"
            autoComplete="off"
            autoFocus
          />
        </Field>
        <Button appearance="primary" type="submit" disabled={!token.trim()}>
          {t("signin.go")}
        </Button>
      </form>
    </main>
  );
}
