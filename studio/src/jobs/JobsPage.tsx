import "./jobs.css";

import { Button } from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";

import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { CopyAs } from "../kit/CopyAs";
import { Loading, Problem } from "../kit/states";
import { useTitle } from "../kit/title";
import { number } from "../kit/time";
import { useChange, type Verb } from "./change";
import { ColumnChoice } from "./ColumnChoice";
import { columnsOf, isLogged, moved, toUrl, withWidth } from "./columns";
import { Filter } from "./Filter";
import { Grid } from "./Grid";
import { Pill } from "./Pill";
import { TimeBar } from "./TimeBar";
import { listView, useList } from "./useList";
import { Views } from "./Views";

export function JobsPage() {
  const t = useT();
  const list = useList();
  const { ws, state, set } = list;
  const navigate = useNavigate();
  const client = useQueryClient();
  const { filter = "", widths = "" } = state;
  const columns = useMemo(() => columnsOf(state.cols, widths), [state.cols, widths]);
  const ids = columns.map((c) => c.id);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const input = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  useTitle(t("nav.jobs"));

  const view = listView(state, ids.filter(isLogged));
  const ready = !list.waiting;
  const first = useQuery({ ...queries.jobs(ws, view, 0), enabled: ready });
  const groups = useQuery({ ...queries.groups(ws, view), enabled: ready && view.group !== "" });
  const total = first.data?.total;
  const change = useChange(ws);
  const compare = () =>
    selected.size > 1 &&
    void navigate({ to: "/w/$ws/compare", params: { ws }, search: { runs: [...selected].join(",") } });
  const narrow = (to: string) => set({ filter: filter === to ? "" : to });

  useKeys({
    "/": () => input.current?.focus(),
    c: compare,
    f: () => narrow("status:failed"),
    m: () => narrow("user:me"),
    Escape: () => setSelected(new Set()),
  });
  const act = (verb: Verb) => {
    change.mutate({ verb, names: [...selected] });
    setSelected(new Set());
  };
  const archived = /\bview:archived\b/.test(filter);
  const deleted = /\bview:deleted\b/.test(filter);
  const grouped = view.group === "experiment";
  const choose = (next: readonly string[]) => set({ cols: toUrl(next) ?? "" });
  return (
    <div className="fill">
      <div className="row wrap">
        <h1>{t("nav.jobs")}</h1>
        <Views list={list} />
      </div>
      {list.missing && <p role="alert">{t("views.missing")}</p>}
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
        <Filter ref={input} value={filter} error={first.error} set={(next) => set({ filter: next })} />
        <ColumnChoice ws={ws} chosen={ids} choose={choose} />
        <Button
          size="small"
          aria-pressed={grouped}
          appearance={grouped ? "primary" : "secondary"}
          onClick={() => set({ group: grouped ? "" : "experiment" })}
        >
          {t("jobs.group")}
        </Button>
        <a className="export" href={queries.exportUrl(ws, view)} download>
          {t("jobs.export")}
        </a>
        <CopyAs ws={ws} kind="jobs" name="" />
        <span className="grow" />
        {selected.size > 0 && (
          <>
            <span role="status">{t("jobs.selected", { count: selected.size })}</span>
            <Button appearance="primary" size="small" disabled={selected.size < 2} onClick={compare}>
              {t("compare")}
            </Button>
            {!deleted && (
              <>
                <Button size="small" onClick={() => act("cancel")}>
                  {t("jobs.cancel")}
                </Button>
                <Button size="small" onClick={() => act(archived ? "restore" : "archive")}>
                  {archived ? t("jobs.restore") : t("jobs.archive")}
                </Button>
              </>
            )}
            <Button size="small" onClick={() => act(deleted ? "undelete" : "delete")}>
              {deleted ? t("jobs.undelete") : t("jobs.delete")}
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
      ) : ready ? (
        <div className="grid-frame">
          <Pill
            fresh={first.data?.fresh ?? 0}
            frame={scroller}
            held={selected.size > 0}
            show={() => {
              queries.letGo(ws, view);
              void client.invalidateQueries({ queryKey: ["jobs", ws] });
              void client.invalidateQueries({ queryKey: ["groups", ws] });
            }}
          />
          <Grid
            key={ws}
            ws={ws}
            view={view}
            columns={columns}
            total={total}
            groups={grouped ? groups.data?.groups : undefined}
            selected={selected}
            select={setSelected}
            sortBy={(next) => set({ sort: next === "-created" ? "" : next })}
            resize={(id, px) => set({ widths: withWidth(widths, id, px) })}
            move={(id, to) => choose(moved(ids, id, to))}
            clear={filter ? () => set({ filter: "" }) : undefined}
            scroller={scroller}
          />
        </div>
      ) : (
        <Loading rows={12} />
      )}
    </div>
  );
}
