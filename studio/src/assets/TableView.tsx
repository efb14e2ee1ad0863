import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";

import type { Column, Sheet } from "../api/client";
import { useT } from "../i18n";
import { number, value } from "../kit/time";

const HEIGHT = 26;

/** The first rows of a table; only those that are seen are drawn. */
export default function TableView({ table, label }: { table: Sheet; label: string }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: table.rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    overscan: 15,
  });
  const columns = `56px repeat(${table.columns.length}, minmax(120px, 1fr))`;
  const said =
    table.total != null
      ? t("table.of", { shown: table.rows.length, total: table.total })
      : table.more
        ? t("table.first", { shown: table.rows.length })
        : t("table.all", { shown: table.rows.length });
  return (
    <>
      <p className="quiet">{said}</p>
      <div className="sheet" ref={box} tabIndex={0} role="region" aria-label={label}>
        <div
          role="table"
          aria-label={label}
          aria-rowcount={table.rows.length + 1}
          aria-colcount={table.columns.length + 1}
          style={{ minWidth: 56 + table.columns.length * 120 }}
        >
          <div role="rowgroup" className="sheet-head">
            <div role="row" aria-rowindex={1} style={{ gridTemplateColumns: columns }}>
              <span role="columnheader">#</span>
              {table.columns.map((one, n) => (
                <span role="columnheader" key={n}>
                  <b>
                    <bdi>{one.name}</bdi>
                  </b>{" "}
                  <small>{one.type}</small>
                  <Spread column={one} />
                  {one.missing > 0 && <small>{t("table.missing", { count: one.missing })}</small>}
                </span>
              ))}
            </div>
          </div>
          <div role="rowgroup" className="sheet-body" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((item) => (
              <div
                key={item.key}
                role="row"
                aria-rowindex={item.index + 2}
                style={{ gridTemplateColumns: columns, transform: `translateY(${item.start}px)` }}
              >
                <span role="rowheader">{number(item.index + 1)}</span>
                {table.rows[item.index]!.map((cell, n) => (
                  <span
                    role="cell"
                    key={n}
                    className={table.columns[n]?.bins?.length ? "num" : undefined}
                    title={cell ?? undefined}
                  >
                    {cell ?? <i className="quiet">—</i>}
                  </span>
                ))}
              </div>
            ))}
          </div>
        </div>
      </div>
    </>
  );
}

/** How the values of a column lie: bars for numbers, the most common for others. */
function Spread({ column }: { column: Column }) {
  const t = useT();
  const bins = column.bins ?? [];
  if (bins.length > 0) {
    const most = Math.max(...bins);
    const text = t("table.range", { low: value(column.low), high: value(column.high) });
    return (
      <>
        <svg className="spread" viewBox={`0 0 ${bins.length * 8} 24`} role="img" aria-label={text} preserveAspectRatio="none">
          {bins.map((count, n) => {
            const height = count === 0 ? 0 : Math.max(1, (count / most) * 24);
            return <rect key={n} x={n * 8} y={24 - height} width={7} height={height} />;
          })}
        </svg>
        <small>{text}</small>
      </>
    );
  }
  const common = column.common ?? [];
  if (common.length === 0) return null;
  return (
    <small title={common.map((one) => `${one.text}: ${one.count}`).join("\n")}>
      {t("table.distinct", { count: column.distinct ?? 0 })} · <bdi>{common[0]!.text}</bdi> ×
      {number(common[0]!.count)}
    </small>
  );
}
