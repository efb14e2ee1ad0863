import "./stack.css";

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import type { Version, Versions as Shape } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Loading, Problem } from "../kit/states";
import { exactly, value, when } from "../kit/time";
import * as own from "./queries";
import type { At } from "./queries";

const COLUMNS = 4; // metrics of a list

/** All versions of one name; two of them side by side. */
export default function Versions({ at }: { at: At }) {
  const t = useT();
  const { ws, kind, name } = at;
  const search = useSearch({ from: "/w/$ws/$kind/$name/$version" });
  const navigate = useNavigate({ from: "/w/$ws/$kind/$name/$version" });
  const { data, error, refetch } = useQuery(own.versions(ws, kind, name));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={5} />;
  const here = data.versions.findIndex((one) => one.version === at.version);
  const a = search.a ?? data.versions[here + 1]?.version;
  const b = search.b ?? at.version;
  const choose = (side: "a" | "b", version: string) =>
    void navigate({ search: (now) => ({ ...now, [side]: version }), replace: true });
  return (
    <div className="stack">
      <section className="card">
        <h2>{t("assets.tab.versions")}</h2>
        <List at={at} data={data} />
      </section>
      {data.versions.length > 1 && (
        <section className="card">
          <div className="row wrap controls">
            <h2>{t("versions.compare")}</h2>
            {(["a", "b"] as const).map((side) => (
              <select
                key={side}
                aria-label={t(side === "a" ? "versions.from" : "versions.to")}
                value={(side === "a" ? a : b) ?? ""}
                onChange={(event) => choose(side, event.target.value)}
              >
                {side === "a" && a === undefined && <option value="">—</option>}
                {data.versions.map((one) => (
                  <option key={one.version} value={one.version}>
                    {one.version}
                  </option>
                ))}
              </select>
            ))}
          </div>
          {a === undefined ? (
            <p className="quiet">{t("versions.choose")}</p>
          ) : a === b ? (
            <p className="quiet">{t("versions.same")}</p>
          ) : (
            <>
              {kind === "models" && <Models ws={ws} name={name} a={a} b={b} />}
              <Difference ws={ws} kind={kind} name={name} a={a} b={b} />
            </>
          )}
        </section>
      )}
    </div>
  );
}

function List({ at, data }: { at: At; data: Shape }) {
  const t = useT();
  const { ws, kind, name } = at;
  const metrics = [...new Set(data.versions.flatMap((one) => Object.keys(one.metrics ?? {})))]
    .sort()
    .slice(0, COLUMNS);
  const aliases = (one: Version) =>
    Object.entries(data.aliases)
      .filter(([, version]) => version === one.version)
      .map(([alias]) => alias);
  return (
    <div className="scroll-x">
      <table className="plain" aria-label={t("assets.tab.versions")}>
        <thead>
          <tr>
            <th>{t("assets.version")}</th>
            {kind === "models" && <th>{t("alias.many")}</th>}
            {metrics.map((key) => (
              <th key={key} className="num">
                <bdi>{key}</bdi>
              </th>
            ))}
            <th>{t("assets.madeby")}</th>
            <th>{t("job.description")}</th>
            <th>{t("col.user")}</th>
            <th className="num">{t("col.created")}</th>
          </tr>
        </thead>
        <tbody>
          {data.versions.map((one) => (
            <tr key={one.version} aria-current={one.version === at.version ? "true" : undefined}>
              <td className="nowrap">
                <Link
                  to="/w/$ws/$kind/$name/$version"
                  params={{ ws, kind, name, version: one.version }}
                >
                  {one.version}
                </Link>{" "}
                {one.archived && <small>{t("job.archived")}</small>}
              </td>
              {kind === "models" && (
                <td>
                  {aliases(one).map((alias) => (
                    <b key={alias} className="alias">{`@${alias}`}</b>
                  ))}
                  {one.stage && <b className="alias">{one.stage}</b>}
                </td>
              )}
              {metrics.map((key) => (
                <td key={key} className="num">
                  {key in (one.metrics ?? {}) && value(one.metrics?.[key])}
                </td>
              ))}
              <td>
                {one.made_by && (
                  <Link to="/w/$ws/jobs/$name" params={{ ws, name: one.made_by }}>
                    {one.made_by}
                  </Link>
                )}
              </td>
              <td>
                <bdi>{one.description}</bdi>
              </td>
              <td>{one.created_by}</td>
              <td className="num nowrap" title={exactly(one.created)}>
                {when(one.created)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Pair {
  ws: string;
  name: string;
  a: string;
  b: string;
}

/** What differs of the runs and signatures of two versions of a model. */
function Models({ ws, name, a, b }: Pair) {
  const t = useT();
  const one = useQuery(queries.asset(ws, "models", name, a));
  const two = useQuery(queries.asset(ws, "models", name, b));
  if (!one.data || !two.data) return <Loading rows={3} />;
  const parts = [one.data, two.data].map((asset) => {
    const said = new Map<string, string>();
    for (const [key, metric] of Object.entries(asset.source?.metrics ?? {}))
      said.set(`${t("versions.metric")} ${key}`, value(metric));
    for (const [key, text] of Object.entries(asset.source?.params ?? {}))
      said.set(`${t("versions.param")} ${key}`, text);
    const { signature, flavors } = asset.model ?? {};
    for (const side of ["inputs", "outputs", "params"] as const)
      for (const field of signature?.[side] ?? [])
        said.set(
          `${t(side === "inputs" ? "model.inputs" : side === "outputs" ? "model.outputs" : "job.params")}: ${field.name}`,
          field.type,
        );
    for (const [flavor, options] of Object.entries(flavors ?? {}))
      said.set(`${t("model.flavors")}: ${flavor}`, options[`${flavor}_version`] ?? "✓");
    return said;
  });
  const keys = [...new Set(parts.flatMap((said) => [...said.keys()]))];
  const differ = keys.filter((key) => parts[0]!.get(key) !== parts[1]!.get(key));
  if (differ.length === 0) return <p className="quiet">{t("versions.nodiffer")}</p>;
  return (
    <div className="scroll-x">
      <table className="plain" aria-label={t("versions.compare")}>
        <thead>
          <tr>
            <th>{t("versions.what")}</th>
            <th>{a}</th>
            <th>{b}</th>
          </tr>
        </thead>
        <tbody>
          {differ.map((key) => (
            <tr key={key}>
              <th scope="row">
                <bdi>{key}</bdi>
              </th>
              <td>{parts[0]!.get(key) ?? "—"}</td>
              <td>{parts[1]!.get(key) ?? "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Difference({ ws, kind, name, a, b }: Pair & { kind: string }) {
  const t = useT();
  const { data, error, refetch } = useQuery(own.difference(ws, kind, name, a, b));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={4} />;
  if (data.lines.length === 0) return <p className="quiet">{t("versions.nodefinition")}</p>;
  return (
    <>
      <h2>{t("assets.definition")}</h2>
      <pre className="difference" tabIndex={0} role="region" aria-label={t("assets.definition")}>
        {data.lines.map((line, n) => (
          <span key={n} className={SIGNS[line.sign]}>
            {`${line.sign === "@" ? "" : line.sign + " "}${line.text}\n`}
          </span>
        ))}
      </pre>
    </>
  );
}

const SIGNS: Record<string, string> = { "+": "plus", "-": "minus", "@": "where" };
