import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import type { Job } from "../api/client";
import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { FileTree } from "./Files";
import { TextView } from "./TextView";

const LIKELY = /^(main|train|score|run)\.py$/;

/** The code a job was sent with, as it was then. */
export default function CodeTab({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const search = useSearch({ from: "/w/$ws/jobs/$name" });
  const navigate = useNavigate({ from: "/w/$ws/jobs/$name" });
  const name = job.row.name;
  const { data, error, refetch } = useQuery(queries.code(ws, name));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  const { git, entry, files } = data;
  const named = files.find((file) => entry?.includes(file.path));
  const path =
    search.file ?? (named ?? files.find((file) => LIKELY.test(file.path)) ?? files[0])?.path;
  return (
    <>
      <section className="card code-facts" aria-label={t("code.facts")}>
        <dl className="facts-list">
          {entry && (
            <div>
              <dt>{t("job.command")}</dt>
              <dd>
                <pre>{entry}</pre>
              </dd>
            </div>
          )}
          {git && (
            <div>
              <dt>{t("job.git")}</dt>
              <dd>
                {git.repository} {git.branch} {git.commit && <code>{git.commit.slice(0, 12)}</code>}{" "}
                {git.dirty && <b>{t("job.git.dirty")}</b>}
              </dd>
            </div>
          )}
        </dl>
        <Link to="/w/$ws/compare" params={{ ws }} search={{ runs: name, tab: "code" }}>
          {t("code.compare")}
        </Link>
      </section>
      {files.length === 0 ? (
        <Empty title={t(`code.${data.why || "empty"}` as Key)} />
      ) : (
        <div className="outputs">
          <section className="card tree" aria-label={t("job.files")}>
            <FileTree
              files={files}
              on={path}
              open={(file) => void navigate({ search: (now) => ({ ...now, file }), replace: true, resetScroll: false })}
            />
            {data.more && <p className="note">{t("code.more", { count: files.length })}</p>}
          </section>
          <section className="card viewer">
            {path && <TextView key={path} ws={ws} job={name} path={path} of="code" />}
          </section>
        </div>
      )}
    </>
  );
}
