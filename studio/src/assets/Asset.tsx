import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { CopyAs } from "../kit/CopyAs";
import { Pairs } from "../kit/Pairs";
import { Loading, NotHere, Problem } from "../kit/states";
import { exactly, when } from "../kit/time";
import { useTitle } from "../kit/title";
import { KINDS } from "./Assets";

const Code = lazy(() => import("../kit/Code"));

export function Asset() {
  const { kind } = useParams({ from: "/w/$ws/$kind/$name/$version" });
  return KINDS.includes(kind) ? <Shown /> : <NotHere />;
}

function Shown() {
  const t = useT();
  const { ws, kind, name, version } = useParams({ from: "/w/$ws/$kind/$name/$version" });
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(queries.asset(ws, kind, name, version));
  useTitle(`${name}:${data?.version ?? version}`);
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={8} />;
  return (
    <>
      <div className="row wrap">
        <div>
          <h1>
            <bdi>{data.name}</bdi>
          </h1>
          <p className="facts">
            <Link to="/w/$ws/$kind" params={{ ws, kind }}>
              {t(`nav.${kind}` as Key)}
            </Link>
            <span>{data.type}</span>
            <span>{data.created_by}</span>
            <span title={exactly(data.created)}>{when(data.created)}</span>
            {data.archived && <b>{t("job.archived")}</b>}
          </p>
        </div>
        <span className="grow" />
        <label className="row">
          {t("assets.version")}
          <select
            value={data.version}
            onChange={(event) =>
              void navigate({
                to: "/w/$ws/$kind/$name/$version",
                params: { ws, kind, name, version: event.target.value },
              })
            }
          >
            {data.versions.map((one) => (
              <option key={one.version} value={one.version}>
                {one.version} {one.archived ? `(${t("job.archived")})` : ""}
              </option>
            ))}
          </select>
        </label>
        <CopyAs ws={ws} kind={kind} name={`${data.name}/${data.version}`} />
      </div>
      <div className="columns even">
        <section className="card">
          <h2>{t("job.facts")}</h2>
          <dl className="facts-list">
            {data.description && (
              <div>
                <dt>{t("job.description")}</dt>
                <dd>
                  <bdi>{data.description}</bdi>
                </dd>
              </div>
            )}
            {data.uri && (
              <div>
                <dt>{t("assets.where")}</dt>
                <dd className="break">
                  <code>{data.uri}</code>
                </dd>
              </div>
            )}
            {data.made_by && (
              <div>
                <dt>{t("assets.madeby")}</dt>
                <dd>
                  <Link to="/w/$ws/jobs/$name" params={{ ws, name: data.made_by }}>
                    {data.made_by}
                  </Link>
                </dd>
              </div>
            )}
            <div>
              <dt>{t("assets.refer")}</dt>
              <dd>
                <code>{`azureml:${data.name}:${data.version}`}</code>
              </dd>
            </div>
          </dl>
          <h2>{t("job.tags")}</h2>
          <Pairs pairs={data.tags} none={t("assets.notags")} label={t("job.tags")} />
        </section>
        <section className="card">
          <h2>{t("assets.definition")}</h2>
          <Suspense fallback={<Loading />}>
            <Code text={data.definition} language="yaml" label={t("assets.definition")} />
          </Suspense>
        </section>
      </div>
    </>
  );
}
