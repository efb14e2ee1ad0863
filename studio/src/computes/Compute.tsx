import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import * as queries from "../api/queries";
import { useT } from "../i18n";
import { CopyAs } from "../kit/CopyAs";
import { RunTable } from "../kit/RunTable";
import { Loading, Problem } from "../kit/states";
import { useTitle } from "../kit/title";
import { stateKey } from "./Computes";

export function Compute() {
  const t = useT();
  const { ws, name } = useParams({ from: "/w/$ws/compute/$name" });
  const { data, error, refetch } = useQuery(queries.compute(ws, name));
  useTitle(name);
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={8} />;
  const { row } = data;
  return (
    <>
      <div className="row wrap">
        <div>
          <h1>
            <bdi>{row.name}</bdi>
          </h1>
          <p className="facts">
            <span>{t(stateKey(row.state))}</span>
            <span>{row.kind}</span>
            <span>{row.size}</span>
            <span>
              {t("compute.nodes", { least: row.min_nodes, most: row.max_nodes ?? "∞" })}
            </span>
          </p>
          {row.why_not && <p className="note">{row.why_not}</p>}
        </div>
        <span className="grow" />
        <CopyAs ws={ws} kind="computes" name={row.name} />
      </div>
      <div className="columns">
        <section className="card">
          <h2>{t("compute.jobs")}</h2>
          {data.jobs.length === 0 ? (
            <p className="quiet">{t("compute.nojobs")}</p>
          ) : (
            <RunTable ws={ws} rows={data.jobs} label={t("compute.jobs")} />
          )}
        </section>
        <section className="card">
          <h2>{t("compute.now")}</h2>
          {data.nodes.length === 0 && <p className="quiet">{t("compute.nonodes")}</p>}
          <ul className="list">
            {data.nodes.map((node) => (
              <li key={node.name}>
                <b>{node.name}</b>{" "}
                {node.run ? (
                  <Link to="/w/$ws/jobs/$name" params={{ ws, name: node.run }}>
                    {node.run}
                  </Link>
                ) : (
                  <span className="quiet">{t("compute.Idle")}</span>
                )}
              </li>
            ))}
          </ul>
        </section>
      </div>
    </>
  );
}
