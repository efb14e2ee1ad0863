import "../compare/compare.css";
import "./experiments.css";

import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import type { Experiment as Found } from "../api/client";
import type { Look } from "../compare/canvas";
import { Details } from "../compare/Details";
import { Dots } from "../compare/Dots";
import { useT } from "../i18n";
import { ON_DARK, ON_LIGHT } from "../kit/colours";
import { RunTable } from "../kit/RunTable";
import { Empty, Loading, Problem } from "../kit/states";
import { Status } from "../kit/Status";
import { exactly, value, when } from "../kit/time";
import { useTitle } from "../kit/title";
import { experiment, useExperiment } from "./queries";

/** One experiment: its newest jobs, a metric across all of them, and what people wrote about it. */
export function Experiment() {
  const t = useT();
  const { ws, name } = useParams({ from: "/w/$ws/experiments/$name" });
  const search = useSearch({ from: "/w/$ws/experiments/$name" });
  const { data, error, refetch } = useQuery(experiment(ws, name, search.metric ?? ""));
  useTitle(name);
  if (error && (!data || data.name !== name)) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={8} />;
  return (
    <>
      <Head ws={ws} found={data} />
      <div className="columns">
        <div>
          <OverTime ws={ws} found={data} />
          <section className="card" aria-label={t("experiments.recent")}>
            <div className="row wrap">
              <h2>{t("experiments.recent")}</h2>
              <span className="grow" />
              {data.recent.length > 1 && (
                <Link
                  to="/w/$ws/compare"
                  params={{ ws }}
                  search={{ runs: data.recent.map((row) => row.name).join(",") }}
                >
                  {t("experiments.compare", { count: data.recent.length })}
                </Link>
              )}
              <Link to="/w/$ws/jobs" params={{ ws }} search={{ filter: `experiment:${JSON.stringify(name)}` }}>
                {t("experiments.all", { count: data.runs })}
              </Link>
            </div>
            {data.recent.length > 0 ? (
              <RunTable ws={ws} rows={data.recent} label={t("experiments.recent")} />
            ) : (
              <p className="quiet">{t("experiments.empty")}</p>
            )}
          </section>
        </div>
        <Note ws={ws} found={data} />
      </div>
    </>
  );
}

function Head({ ws, found }: { ws: string; found: Found }) {
  const t = useT();
  const navigate = useNavigate();
  const { change, away, done } = useExperiment(ws);
  const [typed, setTyped] = useState<string | undefined>();
  const save = () => {
    const rename = typed?.trim();
    if (!rename || rename === found.name) return setTyped(undefined);
    change.mutate(
      { name: found.name, rename },
      {
        onSuccess: () => {
          setTyped(undefined);
          const to = { to: "/w/$ws/experiments/$name", params: { ws, name: rename } } as const;
          void navigate({ ...to, replace: true }).then(done);
        },
      },
    );
  };
  return (
    <div className="row wrap controls">
      {typed === undefined ? (
        <h1>
          <bdi>{found.name}</bdi>
        </h1>
      ) : (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <h1 className="hidden">{found.name}</h1>
          <input
            autoFocus
            className="rename"
            value={typed}
            maxLength={255}
            aria-label={t("experiments.name")}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && setTyped(undefined)}
          />
          <Button type="submit" appearance="primary" size="small" disabled={change.isPending}>
            {t("experiments.save")}
          </Button>
          <Button size="small" onClick={() => setTyped(undefined)}>
            {t("close")}
          </Button>
        </form>
      )}
      {found.archived && <span className="quiet">{t("job.archived")}</span>}
      <span className="facts">
        <span>{t("experiments.all", { count: found.runs })}</span>
        {found.running > 0 && <span className="running">▶ {t("experiments.running.of", { count: found.running })}</span>}
        {found.failed > 0 && <span className="failed">✕ {t("experiments.failed.of", { count: found.failed })}</span>}
        <span title={exactly(found.created)}>{when(found.created)}</span>
        <span>id {found.id}</span>
      </span>
      <span className="grow" />
      {typed === undefined && !found.archived && (
        <Button size="small" onClick={() => setTyped(found.name)}>
          {t("experiments.rename")}
        </Button>
      )}
      <Button
        size="small"
        onClick={() => away.mutate({ verb: found.archived ? "restore" : "delete", name: found.name })}
      >
        {t(found.archived ? "jobs.restore" : "jobs.archive")}
      </Button>
    </div>
  );
}

function OverTime({ ws, found }: { ws: string; found: Found }) {
  const t = useT();
  const navigate = useNavigate({ from: "/w/$ws/experiments/$name" });
  const dots = useMemo(
    () =>
      found.marks.map((mark) => ({
        id: mark.run,
        name: mark.display_name,
        x: Date.parse(mark.created),
        y: mark.value,
        colour: ({ dark }: Look) => (dark ? ON_DARK : ON_LIGHT)[mark.state === "Failed" ? 1 : 0],
      })),
    [found.marks],
  );
  const scales = useMemo(
    () => ({ x: { name: t("col.created"), time: true }, y: { name: found.metric ?? "" } }),
    [found.metric, t],
  );
  const [chosen, setChosen] = useState<string | undefined>();
  if (found.metric === null)
    return (
      <section className="card">
        <Empty title={t("experiments.nometrics")} />
      </section>
    );
  const said = t("experiments.chart", { metric: found.metric, count: dots.length });
  return (
    <section className="card chart" aria-label={said} data-metric={found.metric}>
      <div className="row wrap">
        <label className="row">
          {t("experiments.metric")}
          <select
            value={found.metric}
            onChange={({ target }) =>
              void navigate({ search: (now) => ({ ...now, metric: target.value }), replace: true })
            }
          >
            {found.metrics.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <span className="quiet">{said}</span>
      </div>
      <Dots
        dots={dots}
        x={scales.x}
        y={scales.y}
        height={260}
        label={said}
        chosen={chosen}
        open={(name) => void navigate({ to: "/w/$ws/jobs/$name", params: { ws, name } })}
      />
      <Details summary={t("chart.table")}>
        {() => (
        <div className="scroll values tall" tabIndex={0}>
          <table className="plain" aria-label={said}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                <th>{t("col.status")}</th>
                <th className="num">{t("col.created")}</th>
                <th className="num">
                  <bdi>{found.metric}</bdi>
                </th>
              </tr>
            </thead>
            <tbody>
              {[...found.marks].reverse().map((mark) => (
                <tr key={mark.run} onFocus={() => setChosen(mark.run)} onBlur={() => setChosen(undefined)}>
                  <td>
                    <Link to="/w/$ws/jobs/$name" params={{ ws, name: mark.run }}>
                      <bdi>{mark.display_name}</bdi>
                    </Link>
                  </td>
                  <td>
                    <Status state={mark.state} />
                  </td>
                  <td className="num">{when(mark.created)}</td>
                  <td className="num">{value(mark.value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        )}
      </Details>
    </section>
  );
}

function Note({ ws, found }: { ws: string; found: Found }) {
  const t = useT();
  const { change } = useExperiment(ws);
  const [typed, setTyped] = useState<string | undefined>();
  const tags = Object.entries(found.tags);
  return (
    <div>
      <section className="card" aria-label={t("experiments.note")}>
        <div className="row">
          <h2>{t("experiments.note")}</h2>
          <span className="grow" />
          {typed === undefined && !found.archived && (
            <Button size="small" appearance="subtle" onClick={() => setTyped(found.note ?? "")}>
              {t("experiments.note.edit")}
            </Button>
          )}
        </div>
        {typed === undefined ? (
          found.note ? (
            <p className="written">
              <bdi>{found.note}</bdi>
            </p>
          ) : (
            <p className="quiet">{t("experiments.note.none")}</p>
          )
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              change.mutate({ name: found.name, note: typed.trim() }, { onSuccess: () => setTyped(undefined) });
            }}
          >
            <textarea
              autoFocus
              rows={8}
              value={typed}
              aria-label={t("experiments.note")}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => event.key === "Escape" && setTyped(undefined)}
            />
            <div className="row">
              <Button type="submit" appearance="primary" size="small" disabled={change.isPending}>
                {t("experiments.save")}
              </Button>
              <Button size="small" onClick={() => setTyped(undefined)}>
                {t("close")}
              </Button>
            </div>
          </form>
        )}
      </section>
      {tags.length > 0 && (
        <section className="card" aria-label={t("job.tags")}>
          <h2>{t("job.tags")}</h2>
          <dl className="facts-list">
            {tags.map(([key, said]) => (
              <div key={key}>
                <dt>
                  <bdi>{key}</bdi>
                </dt>
                <dd>
                  <bdi>{said}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </div>
  );
}
