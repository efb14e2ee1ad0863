import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";

import type { Table } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Loading, Problem } from "../kit/states";
import { number, value } from "../kit/time";
import { FileHead } from "./Files";

const ROW = 28;

interface Props {
  ws: string;
  job: string;
  path: string;
  children?: ReactNode;
  instead: ReactNode;
}

/** A file that is a table; its rows come as they are scrolled to. `instead`: for one that is none. */
export function TableView({ ws, job, path, children, instead }: Props) {
  const t = useT();
  const asked = useInfiniteQuery(queries.table(ws, job, path));
  const { data, error, hasNextPage, isFetching, fetchNextPage } = asked;
  const box = useRef<HTMLDivElement>(null);
  const first = data?.pages[0];
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  const shown = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 15,
  });
  const items = shown.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetching && last >= rows.length - 40) void fetchNextPage();
  }, [hasNextPage, isFetching, last, rows.length, fetchNextPage]);
  if (first && first.kind === null) return instead;
  const head = (
    <FileHead path={path} size={first?.size_bytes} url={queries.rawUrl(ws, job, path, true)}>
      {children}
    </FileHead>
  );
  if (error && !data)
    return (
      <>
        {head}
        <Problem error={error} retry={() => void asked.refetch()} />
      </>
    );
  if (!first) return <Loading />;
  if (first.kind === "confusion_matrix")
    return (
      <>
        {head}
        <Confusion table={first} />
      </>
    );
  const above = items[0]?.start ?? 0;
  const below = shown.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <>
      {head}
      <p className="quiet">
        {t("table.rows", { count: first.total, columns: number(first.columns.length) })}
        {first.more && ` · ${t("table.more")}`}
      </p>
      <div className="table-box" ref={box} tabIndex={0} role="region" aria-label={path}>
        <table className="plain" aria-rowcount={first.total + 1}>
          <thead>
            <tr>
              <th className="num first">#</th>
              {first.columns.map((column, n) => (
                <th key={n} className={numeric(first.rows[0]?.[n]) ? "num" : undefined}>
                  <bdi>{column}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {above > 0 && (
              <tr style={{ height: above }}>
                <td colSpan={first.columns.length + 1} />
              </tr>
            )}
            {items.map((item) => (
              <tr key={item.index} aria-rowindex={item.index + 2}>
                <td className="num quiet">{item.index + 1}</td>
                {rows[item.index]!.map((cell, n) => (
                  <td key={n} className={numeric(cell) ? "num" : undefined} title={cell === null ? undefined : String(cell)}>
                    {typeof cell === "number" ? value(cell) : cell}
                  </td>
                ))}
              </tr>
            ))}
            {below > 0 && (
              <tr style={{ height: below }}>
                <td colSpan={first.columns.length + 1} />
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Whether a cell reads as a number; those of CSV are text, and stay as they were written. */
const numeric = (cell: string | number | null | undefined): boolean =>
  typeof cell === "number" || (!!cell && /^[-+]?[\d.]/.test(cell) && Number.isFinite(Number(cell)));

/** Counts by true and predicted class, darker the larger the part of its row. */
function Confusion({ table }: { table: Table }) {
  const t = useT();
  const labels = table.columns.slice(1);
  return (
    <div className="scroll-x">
      <table className="plain confusion">
        <caption>{t("table.confusion")}</caption>
        <thead>
          <tr>
            <td />
            {labels.map((label) => (
              <th key={label} className="num">
                <bdi>{label}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map(([label, ...cells], n) => {
            const sum = cells.reduce<number>((all, one) => all + Number(one), 0);
            return (
              <tr key={n}>
                <th scope="row">
                  <bdi>{label}</bdi>
                </th>
                {cells.map((cell, m) => {
                  const part = sum ? Number(cell) / sum : 0;
                  return (
                    <td
                      key={m}
                      className="num"
                      style={{ background: `color-mix(in srgb, var(--running) ${Math.round(part * 35)}%, transparent)` }}
                    >
                      {value(cell)} <small>{number(Math.round(part * 100))} %</small>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
