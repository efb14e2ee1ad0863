import "./compute.css";

import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import type { Compute as Shape, ComputeRow } from "../api/client";
import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { CopyAs } from "../kit/CopyAs";
import { RunTable } from "../kit/RunTable";
import { Loading, Problem } from "../kit/states";
import { Status } from "../kit/Status";
import { between, exactly, lasting, useNow, when } from "../kit/time";
import { useTitle } from "../kit/title";
import { useAct } from "./act";
import { stateKey } from "./Computes";
import { Scale } from "./Scale";

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
            {row.idle_since && (
              <span title={exactly(row.idle_since)}>
                {t("compute.idle.since", { since: when(row.idle_since) })}
              </span>
            )}
          </p>
          {row.why_not && <p className="note">{row.why_not}</p>}
        </div>
        <span className="grow" />
        <Acts ws={ws} row={row} />
        <CopyAs ws={ws} kind="computes" name={row.name} />
      </div>
      {row.can.includes("scale") && <Scale ws={ws} row={row} />}
      <div className="columns">
        <div>
          {data.queue.length > 0 && <Queue ws={ws} data={data} />}
          <section className="card">
            <h2>{t("compute.jobs")}</h2>
            {data.jobs.length === 0 ? (
              <p className="quiet">{t("compute.nojobs")}</p>
            ) : (
              <RunTable ws={ws} rows={data.jobs} label={t("compute.jobs")} />
            )}
          </section>
        </div>
        <Nodes ws={ws} data={data} />
      </div>
    </>
  );
}

function Acts({ ws, row }: { ws: string; row: ComputeRow }) {
  const t = useT();
  const act = useAct(ws, row.name);
  const verbs = (["start", "stop", "restart"] as const).filter((one) => row.can.includes(one));
  useKeys(verbs[0] ? { s: () => act.mutate({ verb: verbs[0]! }) } : {});
  return (
    <>
      {verbs.map((verb) => (
        <Button key={verb} disabled={act.isPending} onClick={() => act.mutate({ verb })}>
          {t(`compute.${verb}`)}
        </Button>
      ))}
    </>
  );
}

/** Who waits, the oldest first, and for what. */
function Queue({ ws, data }: { ws: string; data: Shape }) {
  const t = useT();
  const now = useNow(true);
  return (
    <section className="card">
      <h2>{t("compute.waiting", { count: data.row.queued })}</h2>
      <ol className="list">
        {data.queue.map((job) => (
          <li key={job.name}>
            <div className="row wrap">
              <Link to="/w/$ws/jobs/$name" params={{ ws, name: job.name }}>
                <bdi>{job.display_name}</bdi>
              </Link>
              <span className="quiet">{job.user}</span>
              <span className="grow" />
              <span className="quiet">{lasting(between(job.created, null, now))}</span>
            </div>
            {job.why && <p className="reason">{job.why.text}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Nodes({ ws, data }: { ws: string; data: Shape }) {
  const t = useT();
  const now = useNow(data.nodes.some((node) => node.job != null));
  return (
    <section className="card">
      <h2>{t("compute.now")}</h2>
      {data.nodes.length === 0 && <p className="quiet">{t("compute.nonodes")}</p>}
      <ul className="list">
        {data.nodes.map((node) => (
          <li key={node.name}>
            <b>{node.name}</b>{" "}
            {node.run ? (
              <>
                {node.job && <Status state={node.job.state} />}{" "}
                <Link to="/w/$ws/jobs/$name" params={{ ws, name: node.run }}>
                  <bdi>{node.job?.display_name ?? node.run}</bdi>
                </Link>{" "}
                {node.job?.began && (
                  <small>{lasting(between(node.job.began, node.job.ended, now))}</small>
                )}
              </>
            ) : (
              <span className="quiet">{t("compute.Idle")}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
