// Loading, empty and failed, once for all pages.
import { Button } from "@fluentui/react-components";
import type { ReactNode } from "react";

import { ApiError } from "../api/client";
import { useT } from "../i18n";

/** Grey bars in place of what comes; seen after 150 ms only. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const t = useT();
  return (
    <div className="skeleton" role="status" aria-label={t("loading")}>
      {Array.from({ length: rows }, (_, n) => (
        <i key={n} style={{ width: `${90 - ((n * 37) % 50)}%` }} />
      ))}
    </div>
  );
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT();
  const api = error instanceof ApiError ? error : null;
  const text = error instanceof Error ? error.message : String(error);
  const title =
    api?.status === 404
      ? t("problem.missing")
      : api?.status === 403
        ? t("problem.denied")
        : api === null && !navigator.onLine
          ? t("problem.offline")
          : t("problem.title");
  const details = api ? `${api.status} ${api.code} [${api.id}]: ${text}` : text;
  return (
    <div className="problem" role="alert">
      <h2>{title}</h2>
      <p>{text}</p>
      {api?.id && <p className="quiet">{t("problem.id", { id: api.id })}</p>}
      <div className="row">
        {retry && (
          <Button appearance="primary" onClick={retry}>
            {t("retry")}
          </Button>
        )}
        <Button onClick={() => void navigator.clipboard.writeText(details)}>
          {t("problem.copy")}
        </Button>
      </div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function NotHere() {
  const t = useT();
  return <Empty title={t("nothere")} />;
}
