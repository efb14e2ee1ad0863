import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import type { File, Job } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { ended } from "../kit/Status";
import { bytes } from "../kit/time";
import { FileHead } from "./Files";
import { LogView } from "./LogView";
import { TableView } from "./TableView";
import { TextView } from "./TextView";

const IMAGE = /\.(png|jpe?g|gif|webp|bmp)$/i;
const TABLE = /\.(csv|tsv|json|jsonl|ndjson)$/i;
const PAGE = /\.html?$/i;
const TEXT = /\.(py|pyi|ya?ml|md|toml|ini|cfg|sh|sql|xml|r)$/i;
const BINARY = /\.(pkl|joblib|pt|pth|onnx|npy|npz|parquet|zip|gz|tgz|tar|whl|so|bin|safetensors|h5|pdf)$/i;

/** The files of a run beside what is in one of them. */
export default function Outputs({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const search = useSearch({ from: "/w/$ws/jobs/$name" });
  const navigate = useNavigate({ from: "/w/$ws/jobs/$name" });
  const path = search.log ?? job.log ?? undefined;
  const open = (log: string) =>
    void navigate({ search: (now) => ({ ...now, log, line: undefined, as: undefined }), replace: true, resetScroll: false });
  const plain = search.as === "text";
  const url = path === undefined ? "" : queries.rawUrl(ws, job.row.name, path, true);
  const asText = (
    <Button
      size="small"
      aria-pressed={plain}
      onClick={() =>
        void navigate({ search: (now) => ({ ...now, as: plain ? undefined : "text" }), replace: true, resetScroll: false })
      }
    >
      {t("file.astext")}
    </Button>
  );
  const text = path !== undefined && (
    <TextView key={path} ws={ws} job={job.row.name} path={path} of="files">
      {plain && asText}
    </TextView>
  );
  return (
    <div className="outputs">
      <section className="card tree" aria-label={t("job.files")}>
        <Folder ws={ws} job={job.row.name} path="" open={open} on={path} />
      </section>
      <section className="card viewer">
        {path === undefined ? (
          <Empty title={ended(job.row.state) ? t("log.none") : t("log.notyet")} />
        ) : IMAGE.test(path) ? (
          <>
            <FileHead path={path} size={undefined} url={url}>
              <Link
                to="/w/$ws/jobs/$name"
                params={{ ws, name: job.row.name }}
                search={{ tab: "images", image: path }}
              >
                {t("images.pixels")}
              </Link>
            </FileHead>
            <figure>
              <img src={queries.rawUrl(ws, job.row.name, path, false)} alt={path} />
            </figure>
          </>
        ) : BINARY.test(path) ? (
          <>
            <FileHead path={path} size={undefined} url={url} />
            <p className="quiet">{t("file.binary")}</p>
          </>
        ) : TABLE.test(path) && !plain ? (
          <TableView key={path} ws={ws} job={job.row.name} path={path} instead={text}>
            {asText}
          </TableView>
        ) : PAGE.test(path) && !plain ? (
          <>
            <FileHead path={path} size={undefined} url={url}>
              {asText}
            </FileHead>
            <iframe
              className="page-frame"
              title={path}
              sandbox="allow-scripts"
              src={queries.pageUrl(ws, job.row.name, path)}
            />
          </>
        ) : TABLE.test(path) || PAGE.test(path) || TEXT.test(path) ? (
          text
        ) : (
          <LogView
            key={path}
            ws={ws}
            job={job.row.name}
            path={path}
            line={search.line}
            going={!ended(job.row.state)}
            toLine={(line) =>
              void navigate({ search: (now) => ({ ...now, log: path, line }), replace: true, resetScroll: false })
            }
          />
        )}
      </section>
    </div>
  );
}

interface FolderProps {
  ws: string;
  job: string;
  path: string;
  open: (path: string) => void;
  on: string | undefined;
}

function Folder({ ws, job, path, open, on }: FolderProps) {
  const t = useT();
  const { data, error, refetch } = useQuery(queries.files(ws, job, path));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={3} />;
  if (data.files.length === 0) return <p className="quiet">{t("job.files.none")}</p>;
  return (
    <ul>
      {data.files.map((file) => (
        <li key={file.path}>
          {file.folder ? (
            <Branch ws={ws} job={job} file={file} open={open} on={on} />
          ) : (
            <button
              className={file.path === on ? "file on" : "file"}
              aria-current={file.path === on}
              onClick={() => open(file.path)}
            >
              <bdi>{file.path.split("/").at(-1)}</bdi> <small>{bytes(file.size_bytes)}</small>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Branch({ ws, job, file, open, on }: Omit<FolderProps, "path"> & { file: File }) {
  const [shown, setShown] = useState(
    (on?.startsWith(`${file.path}/`) ?? false) || /^(outputs|user_logs)$/.test(file.path),
  );
  return (
    <>
      <button className="file folder" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <span aria-hidden="true">{shown ? "▾" : "▸"}</span> <bdi>{file.path.split("/").at(-1)}</bdi>
      </button>
      {shown && <Folder ws={ws} job={job} path={file.path} open={open} on={on} />}
    </>
  );
}
