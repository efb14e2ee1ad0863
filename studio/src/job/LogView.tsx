import "./log.css";

import { Button, Switch } from "@fluentui/react-components";
import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import {
  type FormEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";

import * as queries from "../api/queries";
import { LOG_PAGE } from "../api/queries";
import { useT } from "../i18n";
import { Problem } from "../kit/states";
import { bytes, number } from "../kit/time";
import { spans } from "./ansi";
import { HEIGHT, scaleOf } from "./scale";

const BEYOND = 20; // lines drawn above and below those that are seen

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
  const [total, setTotal] = useState(0);
  const rows = useRows(box, total);
  const first = Math.floor(rows.first / LOG_PAGE);
  const last = Math.floor(Math.max(rows.first, rows.end - 1) / LOG_PAGE);
  const wanted = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const pages = useQueries({
    queries: wanted.map((page) => ({ ...queries.log(ws, job, path, page), enabled: total > 0 })),
  });
  const most = Math.max(head.data?.lines ?? 0, ...pages.map((page) => page.data?.lines ?? 0));
  useEffect(() => setTotal(most), [most]);
  const { toEnd, toIndex } = rows;
  useEffect(() => {
    if (follow && total > 0) toEnd();
  }, [follow, total, toEnd]);
  useEffect(() => {
    if (line && total >= line) toIndex(line - 1);
  }, [line, total > 0]); // eslint-disable-line

  const found = useInfiniteQuery(queries.hits(ws, job, path, words));
  const hits = found.data?.pages.flatMap((page) => page.hits) ?? [];
  const show = (to: number, among: typeof hits) => {
    const at = among[to];
    if (!at) return;
    setHit(to);
    setFollow(false);
    toLine(at.line);
  };
  const jump = async (to: number) => {
    if (to < hits.length || !found.hasNextPage) {
      show((to + hits.length) % hits.length, hits);
      return;
    }
    const { data } = await found.fetchNextPage();
    show(to, data?.pages.flatMap((page) => page.hits) ?? []);
  };
  useEffect(() => {
    if (words && found.data?.pages.length === 1) show(0, hits);
  }, [words, found.data?.pages.length]); // eslint-disable-line

  const search = (event: FormEvent) => {
    event.preventDefault();
    if (typed === words && hits.length > 0) void jump(hit + 1);
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
                    count: `${number(hits.length)}${found.hasNextPage ? "+" : ""}`,
                  })}
            </span>
            <Button size="small" disabled={!hits.length} aria-label={t("log.before")} onClick={() => void jump(hit - 1)}>
              ↑
            </Button>
            <Button size="small" disabled={!hits.length} aria-label={t("log.next")} onClick={() => void jump(hit + 1)}>
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
        <div style={{ height: rows.height }}>
          {Array.from({ length: rows.end - rows.first }, (_, n) => {
            const index = rows.first + n;
            const page = pages[Math.floor(index / LOG_PAGE) - first]?.data;
            const text = page?.text[index + 1 - page.first];
            return (
              <div
                key={index}
                className={index + 1 === line ? "log-line on" : "log-line"}
                style={{ transform: `translateY(${rows.from + n * HEIGHT}px)` }}
              >
                <a
                  href={`?tab=outputs&log=${encodeURIComponent(path)}&line=${index + 1}`}
                  tabIndex={-1}
                  onClick={(event) => {
                    event.preventDefault();
                    toLine(index + 1);
                  }}
                >
                  {index + 1}
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

/** Which lines are seen, and where they are drawn; ways to an end and to a line. */
function useRows(box: RefObject<HTMLDivElement | null>, total: number) {
  const [seen, setSeen] = useState({ scrolled: 0, view: 600 });
  useLayoutEffect(() => {
    const at = box.current;
    if (!at) return undefined;
    const look = () =>
      setSeen((before) =>
        before.scrolled === at.scrollTop && before.view === at.clientHeight
          ? before
          : { scrolled: at.scrollTop, view: at.clientHeight },
      );
    const sized = new ResizeObserver(look);
    sized.observe(at);
    at.addEventListener("scroll", look, { passive: true });
    return () => {
      sized.disconnect();
      at.removeEventListener("scroll", look);
    };
  }, [box]);
  const scale = scaleOf(total, seen.view);
  const top = scale.top(Math.min(seen.scrolled, Math.max(0, scale.height - seen.view)));
  const first = Math.max(0, Math.floor(top / HEIGHT) - BEYOND);
  const end = Math.min(total, Math.ceil((top + seen.view) / HEIGHT) + BEYOND);
  const latest = useRef(scale);
  useLayoutEffect(() => {
    latest.current = scale;
  });
  const toEnd = useCallback(() => {
    if (box.current) box.current.scrollTop = latest.current.height;
  }, [box]);
  const toIndex = (index: number) => {
    const at = box.current;
    if (at) at.scrollTop = latest.current.scroll(Math.max(0, (index + 0.5) * HEIGHT - at.clientHeight / 2));
  };
  return { height: scale.height, first, end, from: seen.scrolled - (top - first * HEIGHT), toEnd, toIndex };
}
