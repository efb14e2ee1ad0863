import { Button, Switch, Tab, TabList } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";

import type { Compared } from "../api/client";
import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { Status } from "../kit/Status";
import { useTitle } from "../kit/title";
import { value } from "../kit/time";
import { away, type Line, lines } from "./differences";

const Curves = lazy(() => import("./Curves"));
const MOST = 200;

/** Runs side by side: what differs first. */
export function Compare() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/compare" });
  const search = useSearch({ from: "/w/$ws/compare" });
  const navigate = useNavigate({ from: "/w/$ws/compare" });
  const names = useMemo(
    () => [...new Set((search.runs ?? "").split(",").filter(Boolean))].slice(0, MOST),
    [search.runs],
  );
  const { data, error, refetch } = useQuery(queries.comparison(ws, names));
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  useTitle(t("compare"));
  const runs = data?.runs ?? [];
  const base = Math.max(
    0,
    runs.findIndex((run) => run.row.name === search.base),
  );
  const all = lines(runs);
  // No two runs see the same machine: what the runner measured of it is no difference of theirs.
  const differing = all.filter((line) => line.differs && line.group !== "system");
  const shown = search.all ? all : differing;
  const drop = (name: string) => set({ runs: names.filter((one) => one !== name).join(",") });
  const tab = search.tab === "charts" ? "charts" : "table";
  return (
    <>
      <div className="row wrap">
        <h1>{t("compare.title", { count: runs.length })}</h1>
        <AddRun ws={ws} names={names} add={(name) => set({ runs: [...names, name].join(",") })} />
        <span className="grow" />
        <Switch
          label={t("compare.only", {
            differing: differing.length,
            total: all.length,
          })}
          checked={!search.all}
          onChange={(_, { checked }) => set({ all: checked ? undefined : true })}
        />
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
            onTabSelect={(_, { value }) =>
              set({ tab: value === "charts" ? "charts" : undefined })
            }
          >
            <Tab value="table">{t("compare.table")}</Tab>
            <Tab value="charts">{t("compare.charts")}</Tab>
          </TabList>
          {tab === "charts" ? (
            <Suspense fallback={<Loading />}>
              <Curves ws={ws} runs={runs} />
            </Suspense>
          ) : (
            <Table ws={ws} runs={runs} lines={shown} base={base} set={set} drop={drop} />
          )}
        </>
      )}
    </>
  );
}

interface TableProps {
  ws: string;
  runs: readonly Compared[];
  lines: readonly Line[];
  base: number;
  set: (next: { base?: string }) => void;
  drop: (name: string) => void;
}

function Table({ ws, runs, lines, base, set, drop }: TableProps) {
  const t = useT();
  return (
    <div className="card scroll-x">
      <table className="plain compare" aria-label={t("compare")}>
        <thead>
          <tr>
            <td />
            {runs.map((run, n) => (
              <th key={run.row.name} scope="col">
                <div className="row">
                  <input
                    type="radio"
                    name="base"
                    checked={n === base}
                    aria-label={t("compare.base", { name: run.row.display_name })}
                    onChange={() => set({ base: run.row.name })}
                  />
                  <Link to="/w/$ws/jobs/$name" params={{ ws, name: run.row.name }} title={run.row.name}>
                    <bdi>{run.row.display_name}</bdi>
                  </Link>
                  <Button
                    size="small"
                    appearance="subtle"
                    aria-label={t("compare.drop", { name: run.row.display_name })}
                    onClick={() => drop(run.row.name)}
                  >
                    ✕
                  </Button>
                </div>
                <Status state={run.row.state} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line, n) => (
            <LineRows key={`${line.group}.${line.name}`} line={line} base={base} head={line.group !== lines[n - 1]?.group} />
          ))}
        </tbody>
      </table>
      {lines.length === 0 && <p className="quiet">{t("compare.same")}</p>}
    </div>
  );
}

function LineRows({ line, base, head }: { line: Line; base: number; head: boolean }) {
  const t = useT();
  const numbers = line.values.filter((one): one is number => typeof one === "number");
  const most = Math.max(...numbers);
  const least = Math.min(...numbers);
  return (
    <>
      {head && (
        <tr className="group">
          <th colSpan={line.values.length + 1} scope="rowgroup">
            {t(`compare.${line.group}` as Key)}
          </th>
        </tr>
      )}
      <tr>
        <th scope="row">
          <bdi>{line.name}</bdi>
        </th>
        {line.values.map((one, n) => {
          const by = line.group === "metrics" ? away(one, line.values[base], value) : "";
          const edge = numbers.length > 1 && most !== least;
          const mark = edge && one === most ? t("compare.most") : edge && one === least ? t("compare.least") : "";
          return (
            <td key={n} className={one !== line.values[base] ? "other" : undefined}>
              <bdi>{value(one)}</bdi> {by && <small>{by}</small>} {mark && <small className="mark">{mark}</small>}
            </td>
          );
        })}
      </tr>
    </>
  );
}

function AddRun(props: { ws: string; names: readonly string[]; add: (name: string) => void }) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const { data } = useQuery({
    ...queries.search(props.ws, typed.trim()),
    enabled: typed.trim().length > 1,
  });
  const found = typed.trim().length > 1 ? (data?.found ?? []) : [];
  const jobs = found.filter((one) => one.kind === "jobs" && !props.names.includes(one.name));
  return (
    <div className="add">
      <input
        type="search"
        value={typed}
        aria-label={t("compare.add")}
        placeholder={t("compare.add")}
        onChange={(event) => setTyped(event.target.value)}
      />
      {jobs.length > 0 && (
        <ul className="card">
          {jobs.map((one) => (
            <li key={one.name}>
              <button
                onClick={() => {
                  setTyped("");
                  props.add(one.name);
                }}
              >
                <bdi>{one.text}</bdi> <small>{one.name}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
