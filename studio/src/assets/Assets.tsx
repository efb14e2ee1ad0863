import "./assets.css";

import { Switch } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";

import type { AssetRow } from "../api/client";
import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { CopyAs } from "../kit/CopyAs";
import { Empty, Loading, NotHere, Problem } from "../kit/states";
import { exactly, when } from "../kit/time";
import { useTitle } from "../kit/title";
import { BuildState } from "./BuildState";
import { KINDS } from "./kinds";

/** The newest version of every asset of a kind. */
export function Assets() {
  const { kind } = useParams({ from: "/w/$ws/$kind" });
  return KINDS.includes(kind) ? <List /> : <NotHere />;
}

function List() {
  const t = useT();
  const { ws, kind } = useParams({ from: "/w/$ws/$kind" });
  const search = useSearch({ from: "/w/$ws/$kind" });
  const navigate = useNavigate({ from: "/w/$ws/$kind" });
  const archived = search.archived ?? false;
  const { data, error, refetch } = useQuery(queries.assets(ws, kind, archived));
  useTitle(t(`nav.${kind}` as Key));
  const words = (search.q ?? "").toLowerCase();
  const shown = data?.assets.filter((one) => one.name.toLowerCase().includes(words)) ?? [];
  return (
    <>
      <div className="row wrap">
        <h1>{t(`nav.${kind}` as Key)}</h1>
        <span className="grow" />
        <CopyAs ws={ws} kind={kind} name="" />
      </div>
      <div className="row wrap controls">
        <input
          type="search"
          value={search.q ?? ""}
          aria-label={t("assets.find")}
          placeholder={t("assets.find")}
          onChange={(event) =>
            void navigate({
              search: (now) => ({ ...now, q: event.target.value || undefined }),
              replace: true,
            })
          }
        />
        <Switch
          label={t("assets.archived")}
          checked={archived}
          onChange={(_, { checked }) =>
            void navigate({
              search: (now) => ({ ...now, archived: checked || undefined }),
              replace: true,
            })
          }
        />
      </div>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : shown.length === 0 ? (
        <Empty title={words ? t("assets.none.find") : t("assets.none")}>
          {!words && <pre>{HOW[kind]}</pre>}
        </Empty>
      ) : (
        <div className="card scroll-x">
          <table className="plain" aria-label={t(`nav.${kind}` as Key)}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                <th>{t("assets.version")}</th>
                {kind === "environments" && <th>{t("build.state")}</th>}
                {kind === "models" && <th>{t("alias.many")}</th>}
                {kind !== "environments" && <th>{t("col.type")}</th>}
                <th>{t("job.description")}</th>
                <th>{t("col.user")}</th>
                <th className="num">{t("assets.modified")}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <Line key={one.name} ws={ws} kind={kind} one={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Line({ ws, kind, one }: { ws: string; kind: string; one: AssetRow }) {
  const t = useT();
  return (
    <tr>
      <td>
        <Link
          to="/w/$ws/$kind/$name/$version"
          params={{ ws, kind, name: one.name, version: one.version || "latest" }}
        >
          <bdi>{one.name}</bdi>
        </Link>
      </td>
      <td>{one.version}</td>
      {kind === "environments" && (
        <td className="nowrap">{one.build && <BuildState build={one.build} />}</td>
      )}
      {kind === "models" && (
        <td>
          {Object.entries(one.aliases ?? {}).map(([alias, version]) => (
            <Link
              key={alias}
              className="alias"
              to="/w/$ws/$kind/$name/$version"
              params={{ ws, kind, name: one.name, version }}
              title={t("alias.at", { alias, version })}
            >
              {`@${alias} → ${version}`}
            </Link>
          ))}
        </td>
      )}
      {kind !== "environments" && <td>{one.type}</td>}
      <td>
        <bdi>{one.description}</bdi>
      </td>
      <td>{one.created_by}</td>
      <td className="num nowrap" title={exactly(one.modified)}>
        {when(one.modified)}
      </td>
    </tr>
  );
}

const HOW: Record<string, string> = {
  data: 'from azure.ai.ml.entities import Data\n\nml.data.create_or_update(Data(name="table", path="table.csv", type="uri_file"))',
  models:
    'from azure.ai.ml.entities import Model\n\nml.models.create_or_update(Model(name="model", path="model.pkl", type="custom_model"))',
  environments:
    'from azure.ai.ml.entities import Environment\n\nml.environments.create_or_update(Environment(name="mine", image="python:3.11", conda_file="conda.yml"))',
  components: 'ml.components.create_or_update(load_component("component.yml"))',
};
