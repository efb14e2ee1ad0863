import { Button } from "@fluentui/react-components";
import { useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  type KeyboardEvent as Pressed,
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";

import type { Group, Row } from "../api/client";
import * as queries from "../api/queries";
import { PAGE } from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { Empty, Loading } from "../kit/states";
import { ended, Status } from "../kit/Status";
import { between, exactly, lasting, number, useNow, value, when } from "../kit/time";
import { Why } from "../kit/Why";
import type { Column } from "./columns";
import { type Item, Places } from "./groups";
import { type Changes, Head } from "./Head";

const HEIGHT = 34;

interface Props extends Changes {
  ws: string;
  view: queries.ListView;
  columns: readonly Column[];
  total: number | undefined;
  groups: readonly Group[] | undefined;
  selected: ReadonlySet<string>;
  select: (names: ReadonlySet<string>) => void;
  clear: (() => void) | undefined;
  scroller: RefObject<HTMLDivElement | null>;
}

/** A list of any length: only the rows that are seen exist, only their pages are asked for. */
export function Grid(props: Props) {
  const t = useT();
  const { ws, view, columns, total, groups, selected, select, scroller } = props;
  const navigate = useNavigate();
  const [active, setActive] = useState(0);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const places = useMemo(() => groups && new Places(groups, closed), [groups, closed]);
  const size = places ? places.size : (total ?? 0);
  const at = (place: number): Item =>
    places && place < places.size ? places.at(place) : { row: place };
  const lines = useVirtualizer({
    count: size,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 8,
  });
  const items = lines.getVirtualItems();
  const seen = items.flatMap((item) => {
    const one = at(item.index);
    return "row" in one ? [Math.floor(one.row / PAGE)] : [];
  });
  const wanted = [...new Set(seen.length > 0 ? seen : [0])];
  const pages = useQueries({ queries: wanted.map((page) => queries.jobs(ws, view, page)) });
  const rowOf = (index: number): Row | undefined =>
    pages[wanted.indexOf(Math.floor(index / PAGE))]?.data?.rows[index % PAGE];
  const row = (place: number): Row | undefined => {
    const one = at(place);
    return "row" in one ? rowOf(one.row) : undefined;
  };
  const now = useNow(items.some((item) => !ended(row(item.index)?.state ?? "Completed")));
  const { filter, sort, group } = view;
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setActive(0);
  }, [filter, sort, group, scroller]);

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
  const fold = useCallback(
    (name: string) =>
      setClosed((was) => {
        const next = new Set(was);
        if (!next.delete(name)) next.add(name);
        return next;
      }),
    [],
  );
  const move = (by: number) => {
    const next = Math.max(0, Math.min(size - 1, active + by));
    setActive(next);
    lines.scrollToIndex(next);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / HEIGHT) - 2);
  const act = (of: (name: string) => void) => () => {
    const one = at(active);
    if ("group" in one) fold(one.group.name);
    else if (rowOf(one.row)) of(rowOf(one.row)!.name);
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(page),
    PageUp: () => move(-page),
    Home: () => move(-Infinity),
    End: () => move(Infinity),
    x: act(flip),
    Enter: act(open),
    w: () => document.querySelector<HTMLElement>(`#row-${active} .why`)?.click(),
  };
  const { j, k, x, w } = keys;
  useKeys({ j, k, x, w });
  const pressed = (event: Pressed) => {
    if (event.target !== scroller.current) return; // a link or box in a row has keys of its own
    const act = { ...keys, " ": keys.x }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const style = useMemo(
    () => ({
      gridTemplateColumns: `40px ${columns.map((c) => `minmax(${c.width}px, ${c.width}fr)`).join(" ")}`,
      minWidth: 40 + columns.reduce((sum, c) => sum + c.width, 0),
    }),
    [columns],
  );
  return (
    <div
      className="grid"
      role="grid"
      aria-label={t("nav.jobs")}
      aria-rowcount={size + 1}
      aria-multiselectable="true"
      aria-activedescendant={size ? `row-${active}` : undefined}
      tabIndex={0}
      ref={scroller}
      onKeyDown={pressed}
    >
      <Head
        columns={columns}
        sort={sort}
        style={style}
        sortBy={props.sortBy}
        resize={props.resize}
        move={props.move}
      />
      {total === undefined && <Loading rows={12} />}
      {total === 0 && (
        <Empty title={filter ? t("jobs.none.filter") : t("jobs.none")}>
          {props.clear && <Button onClick={props.clear}>{t("jobs.clear")}</Button>}
        </Empty>
      )}
      <div className="grid-body" style={{ height: lines.getTotalSize(), minWidth: style.minWidth }}>
        {items.map((item) => {
          const one = at(item.index);
          if ("group" in one)
            return (
              <GroupLine
                key={item.index}
                index={item.index}
                group={one.group}
                open={one.open}
                active={item.index === active}
                fold={fold}
                activate={setActive}
              />
            );
          const found = rowOf(one.row);
          return (
            <Line
              key={item.index}
              ws={ws}
              index={item.index}
              row={found}
              columns={columns}
              template={style.gridTemplateColumns}
              active={item.index === active}
              selected={found !== undefined && selected.has(found.name)}
              now={found && !ended(found.state) ? now : 0}
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

interface GroupProps {
  index: number;
  group: Group;
  open: boolean;
  active: boolean;
  fold: (name: string) => void;
  activate: (index: number) => void;
}

function GroupLine({ index, group, open, active, fold, activate }: GroupProps) {
  const t = useT();
  return (
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      className={active ? "line group active" : "line group"}
      style={{ transform: `translateY(${index * HEIGHT}px)` }}
      onMouseDown={() => activate(index)}
    >
      <div role="gridcell">
        <button aria-expanded={open} tabIndex={-1} onClick={() => fold(group.name)}>
          <i aria-hidden="true">{open ? "▾" : "▸"}</i> <bdi>{group.name}</bdi>
        </button>
        <span className="quiet">
          {t("jobs.total", { count: group.count, shown: number(group.count) })}
        </span>
        {Object.entries(group.states).map(([state, count]) => (
          <span key={state}>
            <Status state={state} /> {number(count)}
          </span>
        ))}
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
    a.columns === b.columns &&
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
