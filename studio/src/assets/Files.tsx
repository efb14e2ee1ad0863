import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import type { AssetFile, Preview as Shape } from "../api/client";
import { useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { bytes } from "../kit/time";
import * as own from "./queries";
import type { At } from "./queries";

const TableView = lazy(() => import("./TableView"));

const last = (path: string): string => path.split("/").at(-1) ?? path;

/** The files of an asset beside the beginning of one of them. */
export default function Files({ at }: { at: At }) {
  const t = useT();
  const search = useSearch({ from: "/w/$ws/$kind/$name/$version" });
  const navigate = useNavigate({ from: "/w/$ws/$kind/$name/$version" });
  const { data, error, refetch } = useQuery(own.listing(at, ""));
  const open = (path: string) => void navigate({ search: (now) => ({ ...now, path }), replace: true });
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  if (data.files.length === 0) return <Empty title={t("job.files.none")} />;
  const alone = data.files.length === 1 && !data.files[0]!.folder ? data.files[0]!.path : undefined;
  const path = search.path ?? alone;
  return (
    <div className="outputs">
      <section className="card tree" aria-label={t("job.files")}>
        <Rows at={at} files={data.files} more={data.more} open={open} on={path} />
      </section>
      <section className="card viewer">
        {path === undefined ? (
          <Empty title={t("files.choose")} />
        ) : (
          <Preview key={path} at={at} path={path} />
        )}
      </section>
    </div>
  );
}

interface RowsProps {
  at: At;
  files: readonly AssetFile[];
  more: number;
  open: (path: string) => void;
  on: string | undefined;
}

function Rows({ at, files, more, open, on }: RowsProps) {
  const t = useT();
  return (
    <ul>
      {files.map((file) => (
        <li key={file.path}>
          {file.folder ? (
            <Branch at={at} file={file} open={open} on={on} />
          ) : (
            <span className="leaf">
              <button
                className={file.path === on ? "file on" : "file"}
                aria-current={file.path === on}
                onClick={() => open(file.path)}
              >
                <bdi>{last(file.path)}</bdi> <small>{bytes(file.size_bytes)}</small>
              </button>
              <a
                className="get"
                href={own.fileUrl(at, file.path, true)}
                aria-label={t("files.download", { name: last(file.path) })}
                title={t("download")}
              >
                ↓
              </a>
            </span>
          )}
        </li>
      ))}
      {more > 0 && <li className="quiet">{t("files.more", { count: more })}</li>}
    </ul>
  );
}

function Branch({ at, file, open, on }: Omit<RowsProps, "files" | "more"> & { file: AssetFile }) {
  const [shown, setShown] = useState(on?.startsWith(`${file.path}/`) ?? false);
  return (
    <>
      <button className="file folder" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <span aria-hidden="true">{shown ? "▾" : "▸"}</span> <bdi>{last(file.path)}</bdi>
      </button>
      {shown && <Folder at={at} path={file.path} open={open} on={on} />}
    </>
  );
}

function Folder({ at, path, open, on }: Omit<RowsProps, "files" | "more"> & { path: string }) {
  const t = useT();
  const { data, error, refetch } = useQuery(own.listing(at, path));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={2} />;
  if (data.files.length === 0) return <p className="quiet">{t("job.files.none")}</p>;
  return <Rows at={at} files={data.files} more={data.more} open={open} on={on} />;
}

function Preview({ at, path }: { at: At; path: string }) {
  const t = useT();
  const { data, error, refetch } = useQuery(own.preview(at, path));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={8} />;
  return (
    <>
      <p className="facts">
        <bdi className="break">{path}</bdi>
        <span>{bytes(data.size_bytes)}</span>
        <a href={own.fileUrl(at, path, true)}>{t("download")}</a>
      </p>
      {data.error && (
        <p className="note" role="status">
          {t("files.unreadable")} <code>{data.error}</code>
        </p>
      )}
      {data.shown === "image" && (
        <figure>
          <img src={own.fileUrl(at, path, false)} alt={path} />
        </figure>
      )}
      {data.shown === "binary" && <Empty title={t("file.binary")} />}
      {data.shown === "table" && data.table && (
        <Suspense fallback={<Loading />}>
          <TableView table={data.table} label={path} />
        </Suspense>
      )}
      {data.shown === "text" && <Text at={at} path={path} first={data} />}
    </>
  );
}

/** Text in pieces of 256 KiB, so that no file is too long. */
function Text({ at, path, first }: { at: At; path: string; first: Shape }) {
  const t = useT();
  const [pieces, setPieces] = useState<readonly Shape[]>([first]);
  const [wrong, setWrong] = useState<unknown>(null);
  const end = pieces.at(-1)!;
  const more = () => {
    if (end.next == null) return;
    own.readPart(at, path, end.next).then(
      (piece) => setPieces((now) => [...now, piece]),
      (error: unknown) => setWrong(error),
    );
  };
  return (
    <div className="text" tabIndex={0} role="region" aria-label={path}>
      {pieces.map((piece) => (
        <pre key={piece.begin}>{piece.text}</pre>
      ))}
      {wrong !== null && <Problem error={wrong} retry={more} />}
      {end.next != null && (
        <p className="row wrap">
          <button className="button" onClick={more}>
            {t("files.next")}
          </button>
          <span className="quiet">
            {t("files.part", { shown: bytes(end.next), size: bytes(first.size_bytes) })}
          </span>
        </p>
      )}
    </div>
  );
}
