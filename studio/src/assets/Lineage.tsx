import "./lineage.css";
import "./stack.css";

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef } from "react";

import type { Kin, Lineage as Shape } from "../api/client";
import { type Key, useT } from "../i18n";
import { Loading, Problem } from "../kit/states";
import { Status } from "../kit/Status";
import { curve, HEIGHT, layout, WIDTH } from "./layout";
import * as own from "./queries";

interface Props {
  ws: string;
  kind: string;
  name: string;
  version: string;
}

/** What a job or an asset came of, and what came of it: drawn, and as a list. */
export default function Lineage({ ws, kind, name, version }: Props) {
  const t = useT();
  const { data, error, refetch } = useQuery(own.lineage(ws, kind, name, version));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={6} />;
  if (data.nodes.length === 1)
    return (
      <section className="card">
        <p className="quiet">{t("lineage.none")}</p>
      </section>
    );
  return (
    <div className="stack">
      <Graph ws={ws} data={data} />
      <details className="card">
        <summary>{t("lineage.list")}</summary>
        <List ws={ws} data={data} />
      </details>
    </div>
  );
}

const page = (kind: string): Key => `lineage.${kind}` as Key;

const HAVE_PAGES = new Set(["data", "models", "environments", "components"]);

/** To the lineage of that thing; what has no page leads to the run that shows it, or nowhere. */
function To(props: { ws: string; node: Kin; className?: string; children: ReactNode }) {
  const { ws, node } = props;
  const more = { className: props.className, "data-node": node.id };
  if (HAVE_PAGES.has(node.kind))
    return (
      <Link
        {...more}
        to="/w/$ws/$kind/$name/$version"
        params={{ ws, kind: node.kind, name: node.name, version: node.version || "latest" }}
        search={{ tab: "lineage" }}
      >
        {props.children}
      </Link>
    );
  const run = node.kind === "jobs" ? node.name : node.run;
  if (run)
    return (
      <Link
        {...more}
        to="/w/$ws/jobs/$name"
        params={{ ws, name: run }}
        search={{ tab: node.kind === "jobs" ? "lineage" : "outputs" }}
      >
        {props.children}
      </Link>
    );
  return <span {...more}>{props.children}</span>;
}

function Graph({ ws, data }: { ws: string; data: Shape }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const drawing = useMemo(() => layout(data), [data]);
  const nodes = useMemo(() => new Map(data.nodes.map((one) => [one.id, one])), [data]);
  useEffect(() => {
    const at = drawing.places.get(data.start);
    const shown = box.current;
    if (at && shown) shown.scrollLeft = at.x + WIDTH / 2 - shown.clientWidth / 2;
  }, [drawing, data.start]);
  const focus = (id: number | undefined) =>
    box.current?.querySelector<HTMLElement>(`a[data-node="${id}"]`)?.focus();
  const walk = (event: KeyboardEvent) => {
    const id = Number((event.target as HTMLElement).dataset.node);
    if (Number.isNaN(id)) return;
    const column = drawing.columns.find((one) => one.includes(id)) ?? [];
    const at = column.indexOf(id);
    const next = {
      ArrowLeft: data.edges.find((one) => one.target === id)?.source,
      ArrowRight: data.edges.find((one) => one.source === id)?.target,
      ArrowUp: column[at - 1],
      ArrowDown: column[at + 1],
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    focus(next);
  };
  const more = (id: number, up: boolean) =>
    data.more.find((one) => one.node === id && one.up === up)?.count;
  return (
    <section className="card lineage" ref={box} onKeyDown={walk} aria-label={t("lineage.title")}>
      <div style={{ width: drawing.width, height: drawing.height }}>
        <svg width={drawing.width} height={drawing.height} aria-hidden="true">
          {data.edges.map((one) => (
            <path
              key={`${one.source}-${one.target}`}
              d={curve(drawing.places.get(one.source)!, drawing.places.get(one.target)!)}
              className={
                one.source === data.start || one.target === data.start ? "near" : undefined
              }
            />
          ))}
        </svg>
        <ul>
          {drawing.columns.flat().map((id) => {
            const node = nodes.get(id)!;
            const { x, y } = drawing.places.get(id)!;
            const [before, after] = [more(id, true), more(id, false)];
            return (
              <li key={id} style={{ left: x, top: y, width: WIDTH, height: HEIGHT }}>
                <To ws={ws} node={node} className={id === data.start ? "kin start" : "kin"}>
                  <small>{t(page(node.kind))}</small>
                  <b title={node.name}>
                    <bdi>{node.label}</bdi>
                    {node.version && node.kind !== "logged" && node.kind !== "dataset" && (
                      <span>{`:${node.version}`}</span>
                    )}
                  </b>
                  {node.state && <Status state={node.state} />}
                </To>
                {before !== undefined && (
                  <small className="more before">{t("lineage.more", { count: before })}</small>
                )}
                {after !== undefined && (
                  <small className="more after">{t("lineage.more", { count: after })}</small>
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function List({ ws, data }: { ws: string; data: Shape }) {
  const t = useT();
  const nodes = new Map(data.nodes.map((one) => [one.id, one]));
  const cell = (id: number) => {
    const node = nodes.get(id)!;
    return (
      <td>
        <small>{t(page(node.kind))}</small>{" "}
        <To ws={ws} node={node}>
          <bdi>{node.label}</bdi>
          {node.version && `:${node.version}`}
        </To>
      </td>
    );
  };
  return (
    <div className="scroll-x">
      <table className="plain" aria-label={t("lineage.title")}>
        <thead>
          <tr>
            <th>{t("lineage.from")}</th>
            <th>{t("lineage.as")}</th>
            <th>{t("lineage.to")}</th>
          </tr>
        </thead>
        <tbody>
          {data.edges.map((one) => (
            <tr key={`${one.source}-${one.target}`}>
              {cell(one.source)}
              <td>
                <bdi>{one.label}</bdi>
              </td>
              {cell(one.target)}
            </tr>
          ))}
        </tbody>
      </table>
      {data.more.map((one) => (
        <p key={`${one.node}-${one.up}`} className="quiet">
          {t(one.up ? "lineage.more.before" : "lineage.more.after", {
            count: one.count,
            name: nodes.get(one.node)!.label,
          })}
        </p>
      ))}
    </div>
  );
}
