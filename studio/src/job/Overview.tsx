import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Job, Port } from "../api/client";
import { useT } from "../i18n";
import { Pairs } from "../kit/Pairs";
import { value } from "../kit/time";
import { Editable, Tags } from "./Editable";
import { useEdit } from "./edit";
import { isSystem } from "./smooth";

export function Overview({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const { row } = job;
  const edit = useEdit(ws, row.name);
  const assets = (kind: string, id: string | null) => (id ? <AssetLink ws={ws} kind={kind} id={id} /> : null);
  return (
    <>
      {row.why && <Why ws={ws} job={job} />}
      <Lineage ws={ws} job={job} />
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
              [
                t("job.description"),
                <Editable
                  key="d"
                  long
                  text={job.description ?? ""}
                  empty={t("job.description.none")}
                  label={t("job.describe")}
                  save={(description) => edit.mutate({ description, tags: {}, remove_tags: {} })}
                />,
              ],
              [t("job.command"), job.command && <pre key="c">{job.command}</pre>],
              [t("job.environment"), assets("environments", job.environment)],
              [
                t("job.code"),
                job.code && (
                  <Link
                    key="o"
                    to="/w/$ws/jobs/$name"
                    params={{ ws, name: row.name }}
                    search={{ tab: "code" }}
                  >
                    {t("job.code.see")}
                  </Link>
                ),
              ],
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
          <Tags ws={ws} job={job} />
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
      <h2>
        {job.failure
          ? job.exit_code
            ? t("why.exit", { code: job.exit_code })
            : t("why.failed")
          : t("why.waiting")}
      </h2>
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

/** The asset an input names, as a kind and "name:version". */
function named(port: Port): [string, string] | undefined {
  const short = /^azureml:([^:/]+):([^:/]+)$/.exec(port.value);
  if (short) return [port.type.endsWith("_model") ? "models" : "data", `${short[1]}:${short[2]}`];
  const id = /\/(data|models)\/([^/]+)\/versions\/([^/]+)$/.exec(port.value);
  return id ? [id[1]!, `${id[2]}:${id[3]}`] : undefined;
}

/** What it was made of and what came of it, in one line. */
function Lineage({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const from = job.inputs.flatMap((port) => [named(port)].filter((one) => one !== undefined));
  const made = job.made.map((one) => [one.kind, `${one.name}:${one.version}`] as const);
  if (from.length === 0 && made.length === 0) return null;
  const list = (label: string, all: readonly (readonly [string, string])[]) => (
    <ul aria-label={label}>
      {all.slice(0, 12).map(([kind, id]) => (
        <li key={kind + id}>
          <small>{t(kind === "models" ? "job.made.model" : "job.made.data")}</small>{" "}
          <AssetLink ws={ws} kind={kind} id={id} />
        </li>
      ))}
    </ul>
  );
  return (
    <section className="lineage" aria-label={t("job.lineage")}>
      {from.length > 0 && list(t("job.lineage.from"), from)}
      {from.length > 0 && <span aria-hidden="true">→</span>}
      <span className="here">
        <bdi>{job.row.display_name}</bdi>
      </span>
      {made.length > 0 && <span aria-hidden="true">→</span>}
      {made.length > 0 && list(t("job.lineage.to"), made)}
    </section>
  );
}

function PortRow({ ws, kind, port }: { ws: string; kind: string; port: Port }) {
  const asset = named(port);
  const made = port.asset && /\/(data|models)\/([^/]+)\/versions\/([^/]+)$/.exec(port.asset);
  return (
    <tr>
      <td>{kind}</td>
      <td>
        <bdi>{port.name}</bdi>
      </td>
      <td>{port.type}</td>
      <td>{port.mode}</td>
      <td className="break">
        {asset ? (
          <AssetLink ws={ws} kind={asset[0]} id={asset[1]} />
        ) : (
          <code>{port.value}</code>
        )}
        {made && (
          <>
            {" → "}
            <AssetLink ws={ws} kind={made[1]!} id={`${made[2]}:${made[3]}`} />
          </>
        )}
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
