import { Button } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useMemo, useRef, useState } from "react";

import type { Row } from "../api/client";
import { type Key, locale, type T, useT } from "../i18n";
import { Status } from "../kit/Status";
import { value } from "../kit/time";
import { away, best, type Column, lessIsBetter, type Shown, summed } from "./differences";
import { Swatch } from "./Swatch";
import type { CompareSearch } from "./search";

const [RUN, GROUP] = [176, 260]; // pixels of a column: the mean of a group says more
const HEIGHT = 31;
const HEAD = 34;

interface Props {
  ws: string;
  runs: readonly Row[];
  columns: readonly Column[];
  lines: readonly Shown[];
  base: number;
  search: CompareSearch;
  set: (next: Partial<CompareSearch>) => void;
  drop: (name: string) => void;
}

/** Runs in columns, what they say in rows. Only what is on the screen is in the page. */
export function Table({ ws, runs, columns, lines, base, search, set, drop }: Props) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => {
    const all: (Shown | Shown["group"])[] = [];
    lines.forEach((line, n) => {
      if (line.group !== lines[n - 1]?.group) all.push(line.group);
      all.push(line);
    });
    return all;
  }, [lines]);
  const others = useMemo(() => columns.filter((_, n) => n !== base), [columns, base]);
  const down = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (n) => (typeof rows[n] === "string" ? HEAD : HEIGHT),
    overscan: 6,
  });
  const width = search.group === undefined ? RUN : GROUP;
  const across = useVirtualizer({
    getItemKey: (n) => `${others[n]!.id} ${width}`,
    horizontal: true,
    count: others.length,
    getScrollElement: () => box.current,
    estimateSize: () => width,
    overscan: 2,
  });
  const [right, below] = [across.getVirtualItems(), down.getVirtualItems()];
  const before = right[0]?.start ?? 0;
  const after = across.getTotalSize() - (right.at(-1)?.end ?? 0);
  const seen = right.map((one) => one.index);
  const grouped = search.group !== undefined;
  const first = columns[base];
  if (!first) return null;
  const head = (column: Column, n: number, fixed: boolean) => (
    <th
      key={column.id}
      scope="col"
      aria-colindex={n}
      className={fixed ? "fixed base" : undefined}
      data-run={column.id}
    >
      <div className="row">
        <input
          type="radio"
          name="base"
          checked={fixed}
          title={t("compare.base", { name: column.title })}
          aria-label={t("compare.base", { name: column.title })}
          onChange={() => set({ base: column.id })}
        />
        {grouped ? (
          <b className="cut grow" title={column.title}>
            <bdi>{column.title}</bdi>
          </b>
        ) : (
          <>
            <Link
              className="cut grow"
              to="/w/$ws/jobs/$name"
              params={{ ws, name: column.id }}
              title={`${column.title} (${column.id})`}
            >
              <bdi>{column.title}</bdi>
            </Link>
            <Button
              size="small"
              appearance="subtle"
              className="drop"
              aria-label={t("compare.drop", { name: column.title })}
              onClick={() => drop(column.id)}
            >
              ✕
            </Button>
          </>
        )}
      </div>
      {grouped ? (
        <small>{t("compare.ofruns", { count: column.runs.length })}</small>
      ) : (
        <div className="row">
          <Swatch run={column.id} /> <Status state={runs[column.runs[0]!]!.state} />
        </div>
      )}
    </th>
  );
  return (
    <div className="card compare-box" ref={box} tabIndex={0} role="region" aria-label={t("compare.table")}>
      <table
        className="compare"
        aria-label={t("compare")}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        style={{ width: `calc(var(--first) + ${(others.length + 1) * width}px)` }}
      >
        <colgroup>
          <col style={{ width: "var(--first)" }} />
          <col style={{ width }} />
          {before > 0 && <col style={{ width: before }} />}
          {seen.map((n) => (
            <col key={others[n]!.id} style={{ width }} />
          ))}
          {after > 0 && <col style={{ width: after }} />}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <td className="fixed name" />
            {head(first, 2, true)}
            {before > 0 && <td aria-hidden="true" />}
            {seen.map((n) => head(others[n]!, n + 3, false))}
            {after > 0 && <td aria-hidden="true" />}
          </tr>
        </thead>
        <tbody>
          <Gap height={below[0]?.start ?? 0} />
          {below.map(({ index }) => {
            const row = rows[index]!;
            if (typeof row === "string")
              return (
                <tr key={row} className="group" data-index={index} ref={down.measureElement} aria-rowindex={index + 2}>
                  <th colSpan={seen.length + 2 + Number(before > 0) + Number(after > 0)} scope="rowgroup">
                    <span>{t(`compare.${row}` as Key)}</span>
                  </th>
                </tr>
              );
            return (
              <Said
                key={row.id}
                line={row}
                index={index}
                measure={down.measureElement}
                columns={columns}
                base={base}
                seen={seen}
                others={others}
                gaps={[before > 0, after > 0]}
                flipped={search.flip?.includes(row.name) ?? false}
                order={search.order === row.id ? "up" : search.order === `-${row.id}` ? "down" : undefined}
                wide={open.has(row.id)}
                open={() => {
                  const next = new Set(open);
                  if (!next.delete(row.id)) next.add(row.id);
                  setOpen(next);
                }}
                flip={() => {
                  const now = search.flip ?? [];
                  const next = now.includes(row.name) ? now.filter((one) => one !== row.name) : [...now, row.name];
                  set({ flip: next.length > 0 ? next : undefined });
                }}
                sort={() =>
                  set({
                    order: search.order === `-${row.id}` ? row.id : search.order === row.id ? undefined : `-${row.id}`,
                  })
                }
              />
            );
          })}
          <Gap height={down.getTotalSize() - (below.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
      {lines.length === 0 && <p className="quiet same">{t("compare.same")}</p>}
    </div>
  );
}

function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true" style={{ height }}>
      <td />
    </tr>
  );
}

interface SaidProps {
  line: Shown;
  index: number;
  measure: (element: HTMLElement | null) => void;
  columns: readonly Column[];
  base: number;
  seen: readonly number[];
  others: readonly Column[];
  gaps: readonly [boolean, boolean];
  flipped: boolean;
  order: "up" | "down" | undefined;
  wide: boolean;
  open: () => void;
  flip: () => void;
  sort: () => void;
}

const Said = memo(function Said(props: SaidProps) {
  const { line, index, columns, base, seen, others, gaps, flipped, order, wide } = props;
  const t = useT();
  const metric = line.group === "metrics";
  const less = lessIsBetter(line.name) !== flipped;
  const sums = useMemo(() => columns.map((column) => summed(line, column.runs)), [columns, line]);
  const top = useMemo(
    () => (metric ? best(sums.map((one) => one.value), less) : new Set<number>()),
    [metric, sums, less],
  );
  const from = sums[base]!;
  const place = useMemo(() => new Map(columns.map((column, n) => [column.id, n])), [columns]);
  const cell = (column: Column, colindex: number, fixed: boolean) => {
    const n = place.get(column.id)!;
    const one = sums[n]!;
    const by = fixed ? "" : away(one.value, from.value, value, percent);
    const text = told(one, t);
    const other = !fixed && (one.value !== from.value || one.kinds !== from.kinds);
    return (
      <td
        key={column.id}
        aria-colindex={colindex}
        data-run={column.id}
        title={text}
        className={[fixed && "fixed base", other && "other"].filter(Boolean).join(" ") || undefined}
      >
        {top.has(n) && (
          <span className="mark" role="img" aria-label={t("compare.best")}>
            ★
          </span>
        )}
        <bdi>{text}</bdi> {by && <small>{by}</small>}
      </td>
    );
  };
  return (
    <tr ref={props.measure} data-index={index} aria-rowindex={index + 2} className={wide ? "wide" : undefined}>
      <th scope="row" className="fixed name" title={line.name}>
        <div className="row">
          <button className="open" aria-expanded={wide} onClick={props.open}>
            <i aria-hidden="true">{wide ? "▾" : "▸"}</i> <bdi className="cut">{line.name}</bdi>
          </button>
          {metric && (
            <button
              className="tool"
              onClick={props.flip}
              title={t(less ? "compare.less" : "compare.more")}
              aria-label={t(less ? "compare.less" : "compare.more")}
            >
              {less ? "↓" : "↑"}
            </button>
          )}
          <button
            className="tool"
            onClick={props.sort}
            aria-pressed={order !== undefined}
            title={t("compare.order", { name: line.name })}
            aria-label={t("compare.order", { name: line.name })}
          >
            {order === "up" ? "◂" : order === "down" ? "▸" : "↔"}
          </button>
        </div>
      </th>
      {cell(columns[base]!, 2, true)}
      {gaps[0] && <td aria-hidden="true" />}
      {seen.map((n) => cell(others[n]!, n + 3, false))}
      {gaps[1] && <td aria-hidden="true" />}
    </tr>
  );
});

function told(sum: ReturnType<typeof summed>, t: T): string {
  if (sum.kinds !== undefined) return t("compare.kinds", { count: sum.kinds });
  if (sum.value === null) return "–";
  if (sum.low === undefined || sum.high === undefined) return value(sum.value);
  return t("compare.mean", { mean: value(sum.value), low: value(sum.low), high: value(sum.high) });
}

const percent = (share: number): string =>
  new Intl.NumberFormat(locale(), { style: "percent", maximumSignificantDigits: 2 }).format(share);
