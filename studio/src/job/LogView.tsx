import { Button, Switch } from "@fluentui/react-components";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type FormEvent, useEffect, useRef, useState } from "react";

import * as queries from "../api/queries";
import { LOG_PAGE } from "../api/queries";
import { useT } from "../i18n";
import { Problem } from "../kit/states";
import { bytes, number } from "../kit/time";
import { spans } from "./ansi";

const HEIGHT = 18;
const MOST_PX = 16_000_000; // browsers lay out no more than twice this

interface Props {
  ws: string;
  job: string;
  path: string;
  line: number | undefined;
  going: boolean;
  toLine: (line: number | undefined) => void;
}

/** A log of any length, while it is written. Only the lines that are seen are asked for. */
export function LogView({ ws, job, path, line, going, toLine }: Props) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(going && !line);
  const [typed, setTyped] = useState("");
  const [words, setWords] = useState("");
  const [hit, setHit] = useState(0);
  const head = useQuery(queries.log(ws, job, path, 0));
  const known = useRef(0);
  const [total, setTotal] = useState(0);
  const shown = Math.min(total, Math.floor(MOST_PX / HEIGHT));
  const rows = useVirtualizer({
    count: shown,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    overscan: 20,
  });
  const items = rows.getVirtualItems();
  const first = Math.floor((items[0]?.index ?? 0) / LOG_PAGE);
  const last = Math.floor((items.at(-1)?.index ?? 0) / LOG_PAGE);
  const wanted = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const pages = useQueries({
    queries: wanted.map((page) => ({ ...queries.log(ws, job, path, page), enabled: total > 0 })),
  });
  const most = Math.max(head.data?.lines ?? 0, ...pages.map((page) => page.data?.lines ?? 0));
  useEffect(() => {
    known.current = Math.max(most, 0);
    setTotal(most);
  }, [most]);
  useEffect(() => {
    if (follow && total > 0) rows.scrollToIndex(shown - 1, { align: "end" });
  }, [follow, total, shown, rows]);
  useEffect(() => {
    if (line && total >= line) rows.scrollToIndex(line - 1, { align: "center" });
  }, [line, total > 0, rows]); // eslint-disable-line

  const found = useQuery(queries.hits(ws, job, path, words));
  const hits = found.data?.hits ?? [];
  const jump = (to: number) => {
    const at = hits[(to + hits.length) % hits.length];
    if (!at) return;
    setHit((to + hits.length) % hits.length);
    setFollow(false);
    toLine(at.line);
  };
  useEffect(() => {
    if (words && hits.length > 0) jump(0);
  }, [found.data]); // eslint-disable-line

  const search = (event: FormEvent) => {
    event.preventDefault();
    if (typed === words && hits.length > 0) jump(hit + 1);
    else setWords(typed);
  };
  if (head.error && !head.data)
    return <Problem error={head.error} retry={() => void head.refetch()} />;
  return (
    <div className="log">
      <div className="row wrap">
        <form onSubmit={search} role="search">
          <input
            type="search"
            value={typed}
            aria-label={t("log.search")}
            placeholder={t("log.search")}
            onChange={(event) => {
              setTyped(event.target.value);
              if (!event.target.value) setWords("");
            }}
          />
        </form>
        {words && found.data && (
          <>
            <span role="status">
              {hits.length === 0
                ? t("log.nohits")
                : t("log.hits", {
                    at: hit + 1,
                    count: `${number(hits.length)}${found.data.next ? "+" : ""}`,
                  })}
            </span>
            <Button size="small" disabled={!hits.length} aria-label={t("log.before")} onClick={() => jump(hit - 1)}>
              ↑
            </Button>
            <Button size="small" disabled={!hits.length} aria-label={t("log.next")} onClick={() => jump(hit + 1)}>
              ↓
            </Button>
          </>
        )}
        <span className="grow" />
        <Switch
          label={t("log.follow")}
          checked={follow}
          onChange={(_, { checked }) => setFollow(checked)}
        />
        <span className="quiet" data-testid="log-size">
          {t("log.lines", { count: total, shown: number(total) })} · {bytes(head.data?.size_bytes ?? 0)}
        </span>
        <a className="button" href={queries.rawUrl(ws, job, path, true)} download>
          {t("download")}
        </a>
      </div>
      <div
        className="log-lines"
        ref={box}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={path}
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
      >
        <div style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const page = pages[Math.floor(item.index / LOG_PAGE) - first]?.data;
            const text = page?.text[item.index + 1 - page.first];
            return (
              <div
                key={item.index}
                className={item.index + 1 === line ? "log-line on" : "log-line"}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <a
                  href={`?tab=outputs&log=${encodeURIComponent(path)}&line=${item.index + 1}`}
                  tabIndex={-1}
                  onClick={(event) => {
                    event.preventDefault();
                    toLine(item.index + 1);
                  }}
                >
                  {item.index + 1}
                </a>
                <span>
                  {text === undefined
                    ? "…"
                    : spans(text).map((one, n) => (
                        <span key={n} className={one.kind || undefined}>
                          {one.text}
                        </span>
                      ))}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
