import { Button } from "@fluentui/react-components";
import { useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type KeyboardEvent as Pressed, useCallback, useEffect, useRef, useState } from "react";

import type { Row } from "../api/client";
import * as queries from "../api/queries";
import { PAGE } from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { Empty, Loading } from "../kit/states";
import { ended, Status } from "../kit/Status";
import { between, exactly, lasting, useNow, value, when } from "../kit/time";
import { Why } from "../kit/Why";
import { type Column, nextSort } from "./columns";

const HEIGHT = 34;

interface Props {
  ws: string;
  view: queries.ListView;
  columns: readonly Column[];
  total: number | undefined;
  selected: ReadonlySet<string>;
  select: (names: ReadonlySet<string>) => void;
  sortBy: (sort: string) => void;
  clear: (() => void) | undefined;
}

/** A list of any length: only the rows that are seen exist, only their pages are asked for. */
export function Grid(props: Props) {
  const t = useT();
  const { ws, view, columns, total, selected, select } = props;
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const rows = useVirtualizer({
    count: total ?? 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 8,
  });
  const items = rows.getVirtualItems();
  const first = Math.floor((items[0]?.index ?? 0) / PAGE);
  const last = Math.floor((items.at(-1)?.index ?? 0) / PAGE);
  const wanted = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const pages = useQueries({ queries: wanted.map((page) => queries.jobs(ws, view, page)) });
  const row = (index: number): Row | undefined =>
    pages[Math.floor(index / PAGE) - first]?.data?.rows[index % PAGE];
  const now = useNow(items.some((item) => !ended(row(item.index)?.state ?? "Completed")));
  const { filter, sort } = view;
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setActive(0);
  }, [filter, sort]);

  const chosen = useRef({ selected, select });
  useEffect(() => {
    chosen.current = { selected, select };
  });
  // A router's own link looks at the whole address for each row, while it scrolls.
  const open = useCallback(
    (name: string) => void navigate({ to: "/w/$ws/jobs/$name", params: { ws, name } }),
    [navigate, ws],
  );
  // Always the same function, so that scrolling draws no row again that stays.
  const flip = useCallback((name: string) => {
    const next = new Set(chosen.current.selected);
    if (!next.delete(name)) next.add(name);
    chosen.current.select(next);
  }, []);
  const move = (by: number) => {
    const next = Math.max(0, Math.min((total ?? 1) - 1, active + by));
    setActive(next);
    rows.scrollToIndex(next);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / HEIGHT) - 2);
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(page),
    PageUp: () => move(-page),
    Home: () => move(-Infinity),
    End: () => move(Infinity),
    x: () => row(active) && flip(row(active)!.name),
    Enter: () => {
      const at = row(active);
      if (at) open(at.name);
    },
  };
  const { j, k, x } = keys;
  useKeys({ j, k, x });
  const pressed = (event: Pressed) => {
    if (event.target !== scroller.current) return; // a link or box in a row has keys of its own
    const act = { ...keys, " ": keys.x }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const template = `40px ${columns.map((c) => `minmax(${c.width}px, ${c.width}fr)`).join(" ")}`;
  const width = 40 + columns.reduce((sum, c) => sum + c.width, 0);
  const style = { gridTemplateColumns: template, minWidth: width };
  return (
    <div
      className="grid"
      role="grid"
      aria-label={t("nav.jobs")}
      aria-rowcount={(total ?? 0) + 1}
      aria-multiselectable="true"
      aria-activedescendant={total ? `row-${active}` : undefined}
      tabIndex={0}
      ref={scroller}
      onKeyDown={pressed}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={style}>
        <div role="columnheader">
          <span className="hidden">{t("jobs.select")}</span>
        </div>
        {columns.map((column) => {
          const down = sort === `-${column.sort}`;
          const on = down || sort === column.sort;
          const label = column.label ? t(column.label) : column.id.replace(/^\w+\./, "");
          return (
            <div
              key={column.id}
              role="columnheader"
              className={column.number ? "num" : undefined}
              aria-sort={on ? (down ? "descending" : "ascending") : undefined}
            >
              <button
                title={column.id}
                onClick={() => props.sortBy(nextSort(sort, column.sort))}
              >
                {label}
                {on && <span aria-hidden="true">{down ? " ↓" : " ↑"}</span>}
              </button>
            </div>
          );
        })}
      </div>
      {total === undefined && <Loading rows={12} />}
      {total === 0 && (
        <Empty title={filter ? t("jobs.none.filter") : t("jobs.none")}>
          {props.clear && <Button onClick={props.clear}>{t("jobs.clear")}</Button>}
        </Empty>
      )}
      <div className="grid-body" style={{ height: rows.getTotalSize(), minWidth: width }}>
        {items.map((item) => {
          const at = row(item.index);
          return (
            <Line
              key={item.index}
              ws={ws}
              index={item.index}
              row={at}
              columns={columns}
              template={template}
              active={item.index === active}
              selected={at !== undefined && selected.has(at.name)}
              now={at && !ended(at.state) ? now : 0}
              flip={flip}
              open={open}
              activate={setActive}
            />
          );
        })}
      </div>
    </div>
  );
}

interface LineProps {
  ws: string;
  index: number;
  row: Row | undefined;
  columns: readonly Column[];
  template: string;
  active: boolean;
  selected: boolean;
  now: number;
  flip: (name: string) => void;
  open: (name: string) => void;
  activate: (index: number) => void;
}

const Line = memo(
  function Line({ ws, index, row, columns, template, active, selected, now, flip, open, activate }: LineProps) {
    const t = useT();
    return (
      <div
        id={`row-${index}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={selected}
        className={active ? "line active" : "line"}
        style={{ gridTemplateColumns: template, transform: `translateY(${index * HEIGHT}px)` }}
        onMouseDown={() => activate(index)}
      >
        <div role="gridcell">
          {row && (
            <input
              type="checkbox"
              tabIndex={-1}
              checked={selected}
              aria-label={t("jobs.select.one", { name: row.display_name })}
              onChange={() => flip(row.name)}
            />
          )}
        </div>
        {columns.map((column) => (
          <div key={column.id} role="gridcell" className={column.number ? "num" : undefined}>
            {row ? <Cell ws={ws} row={row} column={column} now={now} open={open} /> : <i className="bone" />}
          </div>
        ))}
      </div>
    );
  },
  (a, b) =>
    a.row === b.row &&
    a.active === b.active &&
    a.selected === b.selected &&
    a.template === b.template &&
    a.index === b.index &&
    a.now === b.now &&
    a.ws === b.ws,
);

interface CellProps {
  ws: string;
  row: Row;
  column: Column;
  now: number;
  open: (name: string) => void;
}

function Cell({ ws, row, column, now, open }: CellProps) {
  switch (column.id) {
    case "name":
      return (
        <a
          href={`/studio/w/${encodeURIComponent(ws)}/jobs/${encodeURIComponent(row.name)}`}
          title={`${row.display_name}\n${row.name}`}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
            event.preventDefault();
            open(row.name);
          }}
        >
          <bdi>{row.display_name}</bdi>
        </a>
      );
    case "status":
      return (
        <>
          <Status state={row.state} /> <Why ws={ws} row={row} />
        </>
      );
    case "experiment":
      return <bdi title={row.experiment}>{row.experiment}</bdi>;
    case "type":
      return row.type;
    case "compute":
      return row.compute;
    case "user":
      return row.user;
    case "created":
      return <span title={exactly(row.created)}>{when(row.created)}</span>;
    case "duration":
      return row.began ? lasting(between(row.began, row.ended, now)) : "";
    default:
      return <span title={String(row.values[column.id] ?? "")}>{value(row.values[column.id])}</span>;
  }
}
