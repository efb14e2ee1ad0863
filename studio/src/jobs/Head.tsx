import {
  memo,
  type KeyboardEvent as Pressed,
  type PointerEvent as Dragged,
  useRef,
  useState,
} from "react";

import { useT } from "../i18n";
import { type Column, fit, nextSort, shortly } from "./columns";

export interface Changes {
  sortBy: (sort: string) => void;
  resize: (id: string, px: number) => void;
  move: (id: string, to: number) => void;
}

interface Props extends Changes {
  columns: readonly Column[];
  sort: string;
  style: { gridTemplateColumns: string; minWidth: number };
}

const STEP = 20; // px with a key

/** The heads of a list: a click sorts, dragging moves, the edge resizes; Ctrl and Shift with the
 * arrows do the same. */
export const Head = memo(function Head({ columns, sort, style, sortBy, resize, move }: Props) {
  const t = useT();
  const [over, setOver] = useState<string>();
  const focus = (id: string) =>
    requestAnimationFrame(() => document.getElementById(`head-${id}`)?.focus());
  const pressed = (event: Pressed, column: Column, n: number) => {
    const way = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (way === 0 || !(event.ctrlKey || event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) resize(column.id, fit(column.width + way * STEP));
    else move(column.id, n + way);
    focus(column.id);
  };
  return (
    <div className="grid-head" role="row" aria-rowindex={1} style={style}>
      <div role="columnheader">
        <span className="hidden">{t("jobs.select")}</span>
      </div>
      {columns.map((column, n) => {
        const down = sort === `-${column.sort}`;
        const on = down || sort === column.sort;
        return (
          <div
            key={column.id}
            role="columnheader"
            className={over === column.id ? "over" : undefined}
            aria-sort={on ? (down ? "descending" : "ascending") : undefined}
            draggable={n > 0}
            onDragStart={(event) => event.dataTransfer.setData("text/zafiro-column", column.id)}
            onDragOver={(event) => {
              if (n === 0 || !event.dataTransfer.types.includes("text/zafiro-column")) return;
              event.preventDefault();
              setOver(column.id);
            }}
            onDragLeave={() => setOver(undefined)}
            onDrop={(event) => {
              event.preventDefault();
              setOver(undefined);
              move(event.dataTransfer.getData("text/zafiro-column"), n);
            }}
          >
            <button
              id={`head-${column.id}`}
              className={column.number ? "num" : undefined}
              title={t("jobs.head", { name: column.id })}
              onClick={() => sortBy(nextSort(sort, column.sort))}
              onKeyDown={(event) => pressed(event, column, n)}
            >
              <bdi>{column.label ? t(column.label) : shortly(column.id)}</bdi>
              {on && <span aria-hidden="true">{down ? " ↓" : " ↑"}</span>}
            </button>
            <Edge column={column} resize={resize} />
          </div>
        );
      })}
    </div>
  );
});

/** Dragged by hand only: keys are the head's own. */
function Edge({ column, resize }: { column: Column; resize: Changes["resize"] }) {
  const from = useRef<{ x: number; width: number } | null>(null);
  const at = (event: Dragged<HTMLElement>) =>
    from.current && fit(from.current.width + event.clientX - from.current.x);
  return (
    <span
      className="edge"
      aria-hidden="true"
      draggable
      onDragStart={(event) => {
        event.preventDefault(); // the edge is dragged by pointer, the head by the browser
        event.stopPropagation();
      }}
      onPointerDown={(event) => {
        const width = event.currentTarget.parentElement?.getBoundingClientRect().width ?? 0;
        from.current = { x: event.clientX, width };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const width = at(event);
        if (width !== null) event.currentTarget.style.setProperty("--by", `${width - from.current!.width}px`);
      }}
      onPointerUp={(event) => {
        const width = at(event);
        event.currentTarget.style.removeProperty("--by");
        from.current = null;
        if (width !== null && Math.abs(width - column.width) > 1) resize(column.id, width);
      }}
      onPointerCancel={() => (from.current = null)}
    />
  );
}
