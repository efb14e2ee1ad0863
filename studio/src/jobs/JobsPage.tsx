import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useRef, useState } from "react";

import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { Problem } from "../kit/states";
import { useTitle } from "../kit/title";
import { number } from "../kit/time";
import { useChange } from "./change";
import { ColumnChoice } from "./ColumnChoice";
import { columnsOf, toUrl } from "./columns";
import { Filter } from "./Filter";
import { Grid } from "./Grid";
import { TimeBar } from "./TimeBar";

const VIEWS = [
  ["jobs.all", ""],
  ["jobs.mine", "user:me status:active"],
  ["jobs.failed", "status:failed"],
  ["jobs.waiting", "status:waiting"],
  ["jobs.archived", "view:archived"],
] as const;

export function JobsPage() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/jobs" });
  const search = useSearch({ from: "/w/$ws/jobs" });
  const navigate = useNavigate({ from: "/w/$ws/jobs" });
  const filter = search.filter ?? "";
  const sort = search.sort ?? "-created";
  const columns = columnsOf(search.cols);
  const asked = columns.map((c) => c.id).filter((id) => id.includes("."));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const input = useRef<HTMLInputElement>(null);
  useTitle(t("nav.jobs"));

  const set = useCallback(
    (next: { filter?: string; sort?: string; cols?: string }) =>
      void navigate({ search: (now) => ({ ...now, ...next }), replace: true }),
    [navigate],
  );
  const view = { filter, sort, columns: asked };
  const first = useQuery(queries.jobs(ws, view, 0));
  const total = first.data?.total;
  const change = useChange(ws);
  const compare = () =>
    selected.size > 1 &&
    void navigate({ to: "/w/$ws/compare", search: { runs: [...selected].join(",") } });

  useKeys({
    "/": () => input.current?.focus(),
    c: compare,
    f: () => set({ filter: "status:failed" }),
    m: () => set({ filter: "user:me" }),
    Escape: () => setSelected(new Set()),
  });
  const act = (verb: "cancel" | "archive" | "restore") => {
    change.mutate({ verb, names: [...selected] });
    setSelected(new Set());
  };
  const archived = /\bview:archived\b/.test(filter);
  return (
    <div className="fill">
      <div className="row wrap">
        <h1>{t("nav.jobs")}</h1>
        <div className="views" role="group" aria-label={t("jobs.views")}>
          {VIEWS.map(([label, of]) => (
            <button
              key={label}
              aria-pressed={filter === of}
              onClick={() => set({ filter: of || undefined })}
            >
              {t(label)}
            </button>
          ))}
        </div>
      </div>
      <TimeBar
        ws={ws}
        filter={filter}
        narrow={(from, to) => {
          const clause = `attributes.start_time >= ${from} AND attributes.start_time < ${to}`;
          const rest = filter
            .replace(/\s*(AND\s+)?attributes\.start_time [<>]=? \d+(\s+AND\s+)?/g, " ")
            .trim();
          set({ filter: `${rest} ${clause}`.trim() });
        }}
      />
      <div className="row wrap">
        <Filter
          ref={input}
          value={filter}
          error={first.error}
          set={(next) => set({ filter: next || undefined })}
        />
        <ColumnChoice
          ws={ws}
          chosen={columns.map((c) => c.id)}
          choose={(ids) => set({ cols: toUrl(ids) })}
        />
        <span className="grow" />
        {selected.size > 0 && (
          <>
            <span role="status">{t("jobs.selected", { count: selected.size })}</span>
            <Button appearance="primary" size="small" disabled={selected.size < 2} onClick={compare}>
              {t("compare")}
            </Button>
            <Button size="small" onClick={() => act("cancel")}>
              {t("jobs.cancel")}
            </Button>
            <Button size="small" onClick={() => act(archived ? "restore" : "archive")}>
              {archived ? t("jobs.restore") : t("jobs.archive")}
            </Button>
          </>
        )}
        {total !== undefined && (
          <span className="quiet" data-testid="total">
            {t("jobs.total", { count: total, shown: number(total) })}
          </span>
        )}
      </div>
      {first.error && !first.data && !(first.error as { status?: number }).status ? (
        <Problem error={first.error} retry={() => void first.refetch()} />
      ) : (
        <Grid
          key={ws}
          ws={ws}
          view={view}
          columns={columns}
          total={total}
          selected={selected}
          select={setSelected}
          sortBy={(next) => set({ sort: next === "-created" ? undefined : next })}
          clear={filter ? () => set({ filter: undefined }) : undefined}
        />
      )}
    </div>
  );
}
