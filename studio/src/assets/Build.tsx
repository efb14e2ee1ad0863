import "./stack.css";

import { Button } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { api, type Build as Shape, take } from "../api/client";
import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { Loading, Problem } from "../kit/states";
import { ended } from "../kit/Status";
import { toast } from "../kit/toasts";
import { between, exactly, lasting, useNow, when } from "../kit/time";
import { BuildState } from "./BuildState";
import * as own from "./queries";

interface Props {
  ws: string;
  name: string;
  version: string;
}

/** How an environment is built: why it failed, what changed, its steps, its log, its packages. */
export default function Build({ ws, name, version }: Props) {
  const t = useT();
  const client = useQueryClient();
  const [job, setJob] = useState<string>();
  const sent = useQuery({
    ...queries.job(ws, job ?? ""),
    enabled: job !== undefined,
    refetchInterval: 1000,
  });
  const awaited = job !== undefined && !(sent.data && ended(sent.data.row.state));
  const { data, error, refetch } = useQuery(own.build(ws, name, version, awaited));
  useEffect(() => {
    if (job === undefined || awaited) return;
    setJob(undefined);
    void client.invalidateQueries({ queryKey: ["build", ws, name, version] });
    void client.invalidateQueries({ queryKey: ["buildlog", ws, name, version] });
  }, [job, awaited, client, ws, name, version]);
  const send = useMutation({
    mutationFn: () =>
      take(
        api.POST("/w/{workspace}/environments/{name}/{version}/build", {
          params: { path: { workspace: ws, name, version } },
        }),
      ),
    onSuccess: (done) => setJob(done.job),
    onError: (problem) => toast(problem.message),
  });
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={8} />;
  const busy = awaited || send.isPending || data.state === "building";
  return (
    <div className="stack">
      {data.failure && (
        <section className="card failure" role="alert">
          <h2>{t("build.never")}</h2>
          <p>{data.failure}</p>
        </section>
      )}
      {data.state === "failed" && data.cause && (
        <section className="card failure">
          <h2>{t("build.cause")}</h2>
          <p>
            <bdi>{data.cause}</bdi>
          </p>
          {data.changed && <p className="quiet">{t("build.look", { version: data.changed.version })}</p>}
        </section>
      )}
      <section className="card">
        <div className="row wrap">
          <h2>{t("build.last")}</h2>
          <BuildState build={data} />
          {data.ended && <span title={exactly(data.ended)}>{when(data.ended)}</span>}
          {data.job && (
            <Link to="/w/$ws/jobs/$name" params={{ ws, name: data.job }}>
              {data.job}
            </Link>
          )}
          <span className="grow" />
          {job !== undefined && (
            <Link to="/w/$ws/jobs/$name" params={{ ws, name: job }}>
              {t("build.sent")}
            </Link>
          )}
          {data.state !== "built" && !data.failure && (
            <Button disabled={busy} onClick={() => send.mutate()}>
              {data.state === "none" ? t("build.now") : t("build.again")}
            </Button>
          )}
        </div>
        {data.state === "none" && !busy && <p className="quiet">{t("build.none.why")}</p>}
        <Steps build={data} />
      </section>
      {data.changed && <Changed build={data} />}
      <div className="columns even">
        <Packages build={data} />
        {data.log && <Log ws={ws} name={name} version={version} build={data} />}
      </div>
    </div>
  );
}

function Steps({ build }: { build: Shape }) {
  const t = useT();
  const going = build.state === "building";
  const now = useNow(going);
  if (build.steps.length === 0) return null;
  return (
    <ol className="steps" aria-label={t("build.steps")}>
      {build.steps.map((one, n) => {
        const open = one.ended == null;
        const kind = open ? (going ? "preparing" : "failed") : one.failed ? "failed" : "completed";
        return (
          <li key={n} className={`status ${kind}`}>
            <i aria-hidden="true">{{ preparing: "↻", failed: "✕", completed: "✓" }[kind]}</i>
            <span>{t(`build.step.${one.name}` as Key)}</span>
            <small>{lasting(between(one.began, one.ended ?? (going ? null : one.began), now))}</small>
          </li>
        );
      })}
    </ol>
  );
}

function Changed({ build }: { build: Shape }) {
  const t = useT();
  const changed = build.changed!;
  return (
    <section className="card">
      <h2>
        {t(changed.good ? "build.changed.good" : "build.changed", { version: changed.version })}
      </h2>
      {changed.packages.length === 0 ? (
        <p className="quiet">{t("build.changed.nothing")}</p>
      ) : (
        <pre className="difference" tabIndex={0} role="region" aria-label={t("build.changes")}>
          {changed.packages.map((one) => (
            <span key={one.name}>
              {one.before != null && <span className="minus">{`- ${one.before}\n`}</span>}
              {one.after != null && <span className="plus">{`+ ${one.after}\n`}</span>}
            </span>
          ))}
        </pre>
      )}
    </section>
  );
}

function Packages({ build }: { build: Shape }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t("build.packages")}</h2>
      <ul className="list packages">
        {build.python && <li>{`python ${build.python}`}</li>}
        {build.requirements.map((line) => (
          <li key={line}>
            <bdi>{line}</bdi>
          </li>
        ))}
        {build.constraints.map((line) => (
          <li key={`c ${line}`}>
            <bdi>{line}</bdi> <small>{t("build.limit")}</small>
          </li>
        ))}
        {build.added.map((line) => (
          <li key={`+ ${line}`}>
            <bdi>{line}</bdi> <small>{t("build.added")}</small>
          </li>
        ))}
      </ul>
      {build.notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </section>
  );
}

const WRONG = /No solution found|^\s*(error|ERROR|×|╰─▶)|Because |cannot be |fatal:/;

function Log({ ws, name, version, build }: Props & { build: Shape }) {
  const t = useT();
  const going = build.state === "building";
  const box = useRef<HTMLPreElement>(null);
  const { data } = useQuery(own.buildLog(ws, name, version, going));
  useEffect(() => {
    if (going && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [going, data]);
  return (
    <section className="card">
      <h2>{t("build.log")}</h2>
      {!data ? (
        <Loading />
      ) : (
        <pre className="buildlog" ref={box} tabIndex={0} role="region" aria-label={t("build.log")}>
          {data.text.map((line, n) => (
            <span key={n} className={WRONG.test(line) ? "wrong" : undefined}>{`${line}\n`}</span>
          ))}
        </pre>
      )}
    </section>
  );
}
