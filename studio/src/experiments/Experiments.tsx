import "./experiments.css";

import { Button, Switch } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { lessIsBetter } from "../compare/differences";
import { useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { exactly, number, value, when } from "../kit/time";
import { useTitle } from "../kit/title";
import { experiments, useExperiment } from "./queries";
import type { ExperimentsSearch } from "./search";

/** All experiments: what runs in each, what failed, and the best of a metric. */
export function Experiments() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/experiments" });
  const search = useSearch({ from: "/w/$ws/experiments" });
  const navigate = useNavigate({ from: "/w/$ws/experiments" });
  const set = (next: ExperimentsSearch) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const archived = search.archived === true;
  const view = { metric: search.metric ?? "", least: search.least === true, archived };
  const { data, error, refetch } = useQuery(experiments(ws, view));
  const { away } = useExperiment(ws);
  useTitle(t("nav.experiments"));
  return (
    <>
      <div className="row wrap controls">
        <h1>{t("nav.experiments")}</h1>
        <span className="grow" />
        {data && data.metrics.length > 0 && !archived && (
          <label className="row">
            {t("experiments.best")}
            <select
              value={search.metric ?? ""}
              onChange={({ target }) =>
                set({
                  metric: target.value || undefined,
                  least: lessIsBetter(target.value) || undefined,
                })
              }
            >
              <option value="">{t("experiments.nometric")}</option>
              {data.metrics.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        )}
        {search.metric && !archived && (
          <select
            aria-label={t("experiments.which")}
            value={view.least ? "least" : "greatest"}
            onChange={({ target }) => set({ least: target.value === "least" || undefined })}
          >
            <option value="greatest">{t("experiments.greatest")}</option>
            <option value="least">{t("experiments.least")}</option>
          </select>
        )}
        <Switch
          label={t("assets.archived")}
          checked={archived}
          onChange={(_, { checked }) => set({ archived: checked || undefined })}
        />
      </div>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : data.experiments.length === 0 ? (
        <Empty title={t(archived ? "experiments.noarchived" : "experiments.none")} />
      ) : (
        <div className="card scroll-x" tabIndex={0} role="region" aria-label={t("nav.experiments")}>
          <table className="plain" aria-label={t("nav.experiments")}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                <th className="num">{t("experiments.runs")}</th>
                <th className="num">{t("experiments.running")}</th>
                <th className="num">{t("experiments.failed")}</th>
                {search.metric && !archived && (
                  <th className="num">
                    <bdi>{search.metric}</bdi>
                  </th>
                )}
                <th className="num">{t("experiments.newest")}</th>
                <th>{t("experiments.note")}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {data.experiments.map((one) => (
                <tr key={one.id}>
                  <td>
                    <Link to="/w/$ws/experiments/$name" params={{ ws, name: one.name }}>
                      <bdi>{one.name}</bdi>
                    </Link>
                  </td>
                  <td className="num">{number(one.runs)}</td>
                  <td className={one.running ? "num running" : "num"}>{one.running ? `▶ ${number(one.running)}` : "–"}</td>
                  <td className={one.failed ? "num failed" : "num"}>{one.failed ? `✕ ${number(one.failed)}` : "–"}</td>
                  {search.metric && !archived && (
                    <td className="num">
                      {one.best ? (
                        <Link
                          to="/w/$ws/jobs/$name"
                          params={{ ws, name: one.best.run }}
                          title={one.best.display_name}
                        >
                          {value(one.best.value)}
                        </Link>
                      ) : (
                        "–"
                      )}
                    </td>
                  )}
                  <td className="num nowrap" title={exactly(one.newest ?? one.created)}>
                    {one.newest ? when(one.newest) : "–"}
                  </td>
                  <td className="note-cell">
                    <bdi>{one.note}</bdi>
                  </td>
                  <td className="num">
                    <Button
                      size="small"
                      appearance="subtle"
                      aria-label={t(archived ? "experiments.restore.of" : "experiments.archive.of", { name: one.name })}
                      onClick={() => away.mutate({ verb: archived ? "restore" : "delete", name: one.name })}
                    >
                      {t(archived ? "jobs.restore" : "jobs.archive")}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
