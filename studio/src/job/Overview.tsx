import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Job, Port } from "../api/client";
import { useT } from "../i18n";
import { Pairs } from "../kit/Pairs";
import { value } from "../kit/time";
import { isSystem } from "./smooth";

export function Overview({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const { row } = job;
  const assets = (kind: string, id: string | null) => (id ? <AssetLink ws={ws} kind={kind} id={id} /> : null);
  return (
    <>
      {row.why && <Why ws={ws} job={job} />}
      {job.warnings.map((text) => (
        <p key={text} className="note" role="note">
          {text}
        </p>
      ))}
      <div className="columns even">
        <section className="card">
          <h2>{t("job.facts")}</h2>
          <Facts
            facts={[
              [t("job.name"), <code key="n">{row.name}</code>],
              [t("job.description"), job.description],
              [t("job.command"), job.command && <pre key="c">{job.command}</pre>],
              [t("job.environment"), assets("environments", job.environment)],
              [t("job.code"), job.code && <code key="o">{job.code}</code>],
              [t("job.compute"), job.compute_id ?? row.compute],
              [t("job.variables"), job.variables.join(", ")],
              [t("job.exit"), job.exit_code === null ? null : String(job.exit_code)],
              [t("job.git"), job.git && <Git key="g" git={job.git} />],
            ]}
          />
        </section>
        <section className="card">
          <h2>{t("job.params")}</h2>
          <Pairs pairs={job.params} none={t("job.params.none")} label={t("job.params")} />
          <h2>{t("job.latest")}</h2>
          <Pairs
            pairs={Object.fromEntries(job.metrics
                .filter((m) => !isSystem(m.key))
                .slice(0, 40)
                .map((m) => [m.key, value(m.last)]))}
            none={t("job.metrics.none")}
            label={t("job.latest")}
          />
          {Object.keys(job.tags).length > 0 && (
            <>
              <h2>{t("job.tags")}</h2>
              <Pairs pairs={job.tags} none="" label={t("job.tags")} />
            </>
          )}
        </section>
        {(job.inputs.length > 0 || job.outputs.length > 0) && (
          <section className="card wide">
            <h2>{t("job.ports")}</h2>
            <div className="scroll-x">
              <table className="plain">
                <thead>
                  <tr>
                    <th>{t("job.port")}</th>
                    <th>{t("col.name")}</th>
                    <th>{t("col.type")}</th>
                    <th>{t("job.mode")}</th>
                    <th>{t("job.value")}</th>
                  </tr>
                </thead>
                <tbody>
                  {job.inputs.map((p) => (
                    <PortRow key={`i${p.name}`} ws={ws} kind={t("job.input")} port={p} />
                  ))}
                  {job.outputs.map((p) => (
                    <PortRow key={`o${p.name}`} ws={ws} kind={t("job.output")} port={p} />
                  ))}
                </tbody>
              </table>
            </div>
          </section>
        )}
      </div>
    </>
  );
}

function Why({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const { why, name } = job.row;
  if (!why) return null;
  return (
    <section className={job.failure ? "card failure" : "card waiting"} aria-label={t("why")}>
      <h2>{job.failure ? t("why.failed") : t("why.waiting")}</h2>
      <p>
        <bdi>{why.text}</bdi>
      </p>
      {job.failure && job.failure.tail.length > 0 && (
        <pre className="tail">{job.failure.tail.slice(-20).join("\n")}</pre>
      )}
      {why.log && (
        <Link
          to="/w/$ws/jobs/$name"
          params={{ ws, name }}
          search={{ tab: "outputs", log: why.log, line: why.line ?? undefined }}
        >
          {why.line ? t("why.line", { line: why.line }) : t("why.log")}
        </Link>
      )}
    </section>
  );
}

function Facts({ facts }: { facts: readonly [string, ReactNode][] }) {
  return (
    <dl className="facts-list">
      {facts
        .filter(([, what]) => what)
        .map(([name, what]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{what}</dd>
          </div>
        ))}
    </dl>
  );
}

function Git({ git }: { git: NonNullable<Job["git"]> }) {
  const t = useT();
  return (
    <>
      {git.repository} {git.branch} {git.commit && <code>{git.commit.slice(0, 12)}</code>}{" "}
      {git.dirty && <b>{t("job.git.dirty")}</b>}
    </>
  );
}

function PortRow({ ws, kind, port }: { ws: string; kind: string; port: Port }) {
  const named = /^azureml:([^:/]+):([^:/]+)$/.exec(port.value);
  const kinds = port.type.endsWith("_model") ? "models" : "data";
  const id = /\/(data|models)\/([^/]+)\/versions\/([^/]+)/.exec(port.value);
  return (
    <tr>
      <td>{kind}</td>
      <td>
        <bdi>{port.name}</bdi>
      </td>
      <td>{port.type}</td>
      <td>{port.mode}</td>
      <td className="break">
        {named ? (
          <AssetLink ws={ws} kind={kinds} id={`${named[1]}:${named[2]}`} />
        ) : id ? (
          <AssetLink ws={ws} kind={id[1]!} id={`${id[2]}:${id[3]}`} />
        ) : (
          <code>{port.value}</code>
        )}{" "}
        {port.asset && <small>→ {port.asset.replace(/^.*\/(\w+)\/([^/]+)\/versions\//, "$2:")}</small>}
      </td>
    </tr>
  );
}

function AssetLink({ ws, kind, id }: { ws: string; kind: string; id: string }) {
  const [name, version] = id.split(":");
  if (!name || !version || id.includes("/")) return <code>{id}</code>;
  return (
    <Link to="/w/$ws/$kind/$name/$version" params={{ ws, kind, name, version }}>
      {id}
    </Link>
  );
}
