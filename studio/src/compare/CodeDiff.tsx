import { Switch } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { ChangedFile, DiffLine, Row, Snapshot } from "../api/client";
import { useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { type Coloured, colourise } from "./colourise";
import type { Given } from "./given";
import * as asked from "./queries";

const GLYPHS = { added: "+", removed: "−", changed: "±", same: "=" } as const;

/** The code of two of the runs: which files differ, and how. */
export default function CodeDiff({ ws, runs, search, set }: Given) {
  const t = useT();
  const known = (name: string | undefined) => runs.find((run) => run.name === name);
  const a = known(search.a) ?? known(search.base) ?? runs[0];
  const b = known(search.b) ?? runs.find((run) => run !== a);
  const ready = a !== undefined && b !== undefined;
  const { data, error, refetch } = useQuery({
    ...asked.code(ws, a?.name ?? "", b?.name ?? ""),
    enabled: ready,
  });
  if (!ready) return <Empty title={t("compare.code.two")} />;
  const open = data?.files.find((file) => file.path === search.file) ?? data?.files[0];
  return (
    <>
      <div className="row wrap controls">
        {runs.length > 2 && (
          <>
            <Choice label={t("compare.code.a")} runs={runs} now={a} not={b} set={(next) => set({ a: next })} />
            <Choice label={t("compare.code.b")} runs={runs} now={b} not={a} set={(next) => set({ b: next })} />
          </>
        )}
        <Switch
          label={t("compare.split")}
          checked={search.split === true}
          onChange={(_, { checked }) => set({ split: checked || undefined })}
        />
        {data && (
          <span className="quiet">
            {t("compare.code.count", { count: data.files.length })} · {t("compare.code.same", { count: data.same })}
          </span>
        )}
      </div>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : (
        <>
          {[data.a, data.b].map((one) => (
            <Without key={one.run} snapshot={one} />
          ))}
          {data.limits.map((limit) => (
            <p key={limit} className="note" role="note">
              {limit}
            </p>
          ))}
          {data.files.length === 0 && data.a.why === null && data.b.why === null && (
            <Empty title={t("compare.code.alike")} />
          )}
          {data.files.length > 0 && (
            <div className="codes">
              <nav className="card files" aria-label={t("compare.code.files")}>
                {data.files.map((file) => (
                  <FileButton
                    key={file.path}
                    file={file}
                    on={file === open}
                    open={() => set({ file: file.path })}
                  />
                ))}
              </nav>
              {open && (
                <Difference ws={ws} a={a.name} b={b.name} file={open} split={search.split === true} />
              )}
            </div>
          )}
        </>
      )}
    </>
  );
}

function Without({ snapshot }: { snapshot: Snapshot }) {
  const t = useT();
  if (snapshot.why === null) return null;
  return (
    <p className="note" role="note">
      <bdi>{t("compare.code.none", { name: snapshot.display_name, why: snapshot.why })}</bdi>
    </p>
  );
}

interface ChoiceProps {
  label: string;
  runs: readonly Row[];
  now: Row;
  not: Row;
  set: (name: string) => void;
}

function Choice({ label, runs, now, not, set }: ChoiceProps) {
  return (
    <label className="row">
      {label}
      <select value={now.name} onChange={(event) => set(event.target.value)}>
        {runs
          .filter((run) => run !== not)
          .map((run) => (
            <option key={run.name} value={run.name}>
              {run.display_name}
            </option>
          ))}
      </select>
    </label>
  );
}

function FileButton({ file, on, open }: { file: ChangedFile; on: boolean; open: () => void }) {
  const t = useT();
  return (
    <button className={on ? "file on" : "file"} aria-current={on || undefined} onClick={open}>
      <span>
        <i className={file.change} aria-hidden="true">
          {GLYPHS[file.change]}
        </i>{" "}
        <bdi>{file.path}</bdi> <span className="hidden">{file.change === "same" ? "" : t(`compare.code.${file.change}`)}</span>
      </span>
      {file.added !== null && (
        <small className="nowrap">
          +{file.added} −{file.removed}
        </small>
      )}
    </button>
  );
}

interface DifferenceProps {
  ws: string;
  a: string;
  b: string;
  file: ChangedFile;
  split: boolean;
}

function Difference({ ws, a, b, file, split }: DifferenceProps) {
  const t = useT();
  const { data, error, refetch } = useQuery(asked.codeFile(ws, a, b, file.path));
  const [coloured, setColoured] = useState<Coloured | undefined>();
  useEffect(() => {
    let gone = false;
    setColoured(undefined);
    if (data) void colourise(data.path, data.hunks).then((found) => !gone && setColoured(() => found));
    return () => {
      gone = true;
    };
  }, [data]);
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  return (
    <section className="card diff" aria-label={data.path}>
      <header className="row">
        <h2>
          <bdi>{data.path}</bdi>
        </h2>
        <span className="grow" />
        <span className="quiet">
          {t("compare.code.lines", { added: data.added, removed: data.removed })}
        </span>
      </header>
      {data.why !== null ? (
        <p className="quiet">{data.why}</p>
      ) : (
        <div className="scroll-x" tabIndex={0}>
          <table aria-label={data.path} className={split ? "split" : undefined}>
            {data.hunks.map((hunk, n) => (
              <tbody key={n}>
                {n > 0 && (
                  <tr className="gap" aria-hidden="true">
                    <td colSpan={split ? 4 : 3}>⋯</td>
                  </tr>
                )}
                {split
                  ? paired(hunk).map(([left, right], k) => (
                      <tr key={k}>
                        <Cell line={left} number={left?.a} coloured={coloured} />
                        <Cell line={right} number={right?.b} coloured={coloured} />
                      </tr>
                    ))
                  : hunk.map((line, k) => (
                      <tr key={k} className={line.op === "+" ? "plus" : line.op === "-" ? "minus" : undefined}>
                        <td className="at">{line.a}</td>
                        <td className="at">{line.b}</td>
                        <Text line={line} coloured={coloured} />
                      </tr>
                    ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
    </section>
  );
}

/** Lines taken out beside those put in their place. */
export function paired(hunk: readonly DiffLine[]): [DiffLine | undefined, DiffLine | undefined][] {
  const rows: [DiffLine | undefined, DiffLine | undefined][] = [];
  let [out, put]: [DiffLine[], DiffLine[]] = [[], []];
  const flush = () => {
    for (let n = 0; n < Math.max(out.length, put.length); n += 1) rows.push([out[n], put[n]]);
    [out, put] = [[], []];
  };
  for (const line of hunk) {
    if (line.op === "-") out.push(line);
    else if (line.op === "+") put.push(line);
    else {
      flush();
      rows.push([line, line]);
    }
  }
  flush();
  return rows;
}

interface CellProps {
  line: DiffLine | undefined;
  number: number | null | undefined;
  coloured: Coloured | undefined;
}

function Cell({ line, number, coloured }: CellProps) {
  const kind = line?.op === "+" ? "plus" : line?.op === "-" ? "minus" : undefined;
  return (
    <>
      <td className={`at ${kind ?? ""}`}>{number}</td>
      {line ? <Text line={line} coloured={coloured} kind={kind} /> : <td className="void" />}
    </>
  );
}

function Text({ line, coloured, kind }: { line: DiffLine; coloured: Coloured | undefined; kind?: string }) {
  const t = useT();
  const pieces = coloured?.(line);
  const said = line.op === "+" ? t("compare.code.added") : line.op === "-" ? t("compare.code.removed") : "";
  return (
    <td className={`text ${kind ?? ""}`}>
      <i aria-hidden="true">{line.op === "-" ? "−" : line.op}</i>
      {said && <span className="hidden">{said}: </span>}
      {pieces ? pieces.map(([text, of], n) => <span key={n} className={of || undefined}>{text}</span>) : line.text}
    </td>
  );
}
