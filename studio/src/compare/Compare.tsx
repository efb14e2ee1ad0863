import "./compare.css";

import { Switch, Tab, TabList } from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { strokes } from "../kit/colours";
import { CopyAs } from "../kit/CopyAs";
import { later } from "../kit/later";
import { Empty, Loading, Problem } from "../kit/states";
import { useTitle } from "../kit/title";
import { AddRun } from "./AddRun";
import { columnsOf, marked, ordered, type Shown } from "./differences";
import { overlay, viewOf } from "./queries";
import { type CompareSearch, MOST, namesOf } from "./search";
import { Strokes } from "./Swatch";
import { Table } from "./Table";

const Curves = later(() => import("./Curves"));
const Parallel = later(() => import("./Parallel"));
const Scatter = later(() => import("./Scatter"));
const Code = later(() => import("./CodeDiff"));
const Images = later(() => import("./Images"));
const PANES = { charts: Curves, parallel: Parallel, scatter: Scatter, code: Code, images: Images };

const fetchCode = (pane: keyof typeof PANES) => void PANES[pane].preload().catch(() => undefined); // said when it is opened

const TABS = ["table", "charts", "parallel", "scatter", "code", "images"] as const;

/** Runs side by side: what differs first. */
export function Compare() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/compare" });
  const search = useSearch({ from: "/w/$ws/compare" });
  const navigate = useNavigate({ from: "/w/$ws/compare" });
  const names = useMemo(() => namesOf(search.runs), [search.runs]);
  const { data, error, refetch } = useQuery(queries.comparison(ws, names));
  const set = useCallback(
    (next: Partial<CompareSearch>, push = false) =>
      void navigate({ search: (now) => ({ ...now, ...next }), replace: !push }),
    [navigate],
  );
  useTitle(t("compare"));
  const lines = useMemo(() => marked(data?.lines ?? []), [data]);
  const drawn = useMemo(() => strokes(data?.runs.map((run) => run.name) ?? []), [data]);
  // No two runs see the same machine: what the runner measured of it is no difference of theirs.
  const differing = useMemo(() => lines.filter((one) => one.differs && one.group !== "system"), [lines]);
  const drop = useCallback(
    (name: string) => set({ runs: names.filter((one) => one !== name).join(",") || undefined }),
    [names, set],
  );
  const by = lines.find((line) => line.id === search.group);
  const columns = useMemo(() => {
    const order = search.order?.replace(/^-/, "");
    const line = lines.find((one) => one.id === order);
    return ordered(columnsOf(data?.runs ?? [], by), line, !search.order?.startsWith("-"));
  }, [data, by, lines, search.order]);
  const base = Math.max(
    0,
    columns.findIndex((one) => one.id === search.base),
  );
  const over = useRef("");
  useKeys({
    d: () => set({ all: search.all ? undefined : true }),
    b: () => {
      const focused = document.activeElement?.closest<HTMLElement>("[data-run]")?.dataset.run;
      const chosen = focused ?? (over.current || columns[(base + 1) % Math.max(1, columns.length)]?.id);
      if (chosen) set({ base: chosen });
    },
    ...Object.fromEntries(TABS.map((tab, n) => [String(n + 1), () => set({ tab: tab === "table" ? undefined : tab }, true)])),
  });
  const client = useQueryClient();
  // Who points at a tab means to open it.
  const ahead = (one: (typeof TABS)[number]) => {
    if (one !== "table") fetchCode(one);
    const key = lines.find((line) => data?.stepped.includes(line.name) && line.values.every((v) => v !== null));
    if (one !== "charts" || !data || !key || search.zoom) return;
    const view = viewOf(data.runs.map((run) => run.name), [key.name], search.x ?? "step", undefined);
    void client.prefetchQuery({ ...overlay(ws, view), staleTime: 10_000 });
  };
  // Their code is small: it comes while nothing else is to do, so that a tab opens at once.
  const ready = data !== undefined;
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => (Object.keys(PANES) as (keyof typeof PANES)[]).forEach(fetchCode), 300);
    return () => clearTimeout(timer);
  }, [ready]);
  const tab = TABS.find((one) => one === search.tab) ?? "table";
  // A link may open on any tab: its code comes while the answer does.
  useState(() => tab !== "table" && fetchCode(tab));
  const Pane = tab === "table" ? undefined : PANES[tab];
  const given = { ws, runs: data?.runs ?? [], lines, stepped: data?.stepped ?? [], search, set };
  return (
    <Strokes.Provider value={drawn}>
      <div className="row wrap compare-head">
        <h1>{t("compare.title", { count: data?.runs.length ?? names.length })}</h1>
        <AddRun
          ws={ws}
          names={names}
          add={(more) => set({ runs: [...new Set([...names, ...more])].slice(0, MOST).join(",") })}
        />
        <span className="grow" />
        {names.length > 0 && <CopyAs ws={ws} kind="compare" name={names.join(",")} />}
      </div>
      {data && data.missing.length > 0 && (
        <p className="note" role="note">
          {t("compare.missing", { names: data.missing.join(", ") })}
        </p>
      )}
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : names.length === 0 ? (
        <Empty title={t("compare.none")}>
          <Link to="/w/$ws/jobs" params={{ ws }}>
            {t("home.all")}
          </Link>
        </Empty>
      ) : !data ? (
        <Loading rows={10} />
      ) : (
        <>
          <TabList
            selectedValue={tab}
            onTabSelect={(_, { value }) => set({ tab: value === "table" ? undefined : String(value) }, true)}
          >
            {TABS.map((one) => (
              <Tab key={one} value={one} onPointerEnter={() => ahead(one)} onFocus={() => ahead(one)}>
                {t(`compare.tab.${one}`)}
              </Tab>
            ))}
          </TabList>
          {tab === "table" && (
            <div
              onPointerOver={({ target }) => {
                over.current = (target as Element).closest<HTMLElement>("[data-run]")?.dataset.run ?? "";
              }}
              onPointerLeave={() => (over.current = "")}
            >
              <div className="row wrap controls">
                <Switch
                  label={t("compare.only", { differing: differing.length, total: lines.length })}
                  checked={!search.all}
                  onChange={(_, { checked }) => set({ all: checked ? undefined : true })}
                />
                <GroupBy lines={lines} chosen={search.group} set={set} />
                <span className="grow" />
                <span className="quiet">{t("compare.keys")}</span>
              </div>
              <Table
                ws={ws}
                runs={data.runs}
                columns={columns}
                lines={search.all ? lines : differing}
                base={base}
                search={by ? search : { ...search, group: undefined }}
                set={set}
                drop={drop}
              />
            </div>
          )}
          {Pane && <Pane {...given} />}
        </>
      )}
    </Strokes.Provider>
  );
}

interface GroupProps {
  lines: readonly Shown[];
  chosen: string | undefined;
  set: (next: Partial<CompareSearch>) => void;
}

/** What says the same of several runs can gather them. */
function GroupBy({ lines, chosen, set }: GroupProps) {
  const t = useT();
  const offered = lines.filter(
    (line) =>
      line.id === chosen ||
      (line.differs &&
        (line.group === "params" || line.group === "tags" || line.group === "facts") &&
        new Set(line.values).size < line.values.length),
  );
  if (offered.length === 0) return null;
  return (
    <label className="row">
      {t("compare.group")}
      <select
        value={chosen ?? ""}
        onChange={(event) => set({ group: event.target.value || undefined, base: undefined })}
      >
        <option value="">{t("compare.group.none")}</option>
        {offered.map((line) => (
          <option key={line.id} value={line.id}>
            {line.name}
          </option>
        ))}
      </select>
    </label>
  );
}
