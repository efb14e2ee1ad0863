import "./assets.css";

import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import type { Asset as Shape } from "../api/client";
import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import { type Key, useT } from "../i18n";
import { CopyAs } from "../kit/CopyAs";
import { Loading, NotHere, Problem } from "../kit/states";
import { exactly, when } from "../kit/time";
import { useTitle } from "../kit/title";
import { useChangeAsset } from "./change";
import { KINDS, tabKey, tabsOf } from "./kinds";
import { Overview } from "./Overview";

const Files = lazy(() => import("./Files"));
const Versions = lazy(() => import("./Versions"));
const Lineage = lazy(() => import("./Lineage"));
const Definition = lazy(() => import("./Definition"));
const Build = lazy(() => import("./Build"));
const Aliases = lazy(() => import("./Aliases"));

export function Asset() {
  const { kind } = useParams({ from: "/w/$ws/$kind/$name/$version" });
  return KINDS.includes(kind) ? <Shown /> : <NotHere />;
}

function Shown() {
  const t = useT();
  const { ws, kind, name, version } = useParams({ from: "/w/$ws/$kind/$name/$version" });
  const search = useSearch({ from: "/w/$ws/$kind/$name/$version" });
  const navigate = useNavigate({ from: "/w/$ws/$kind/$name/$version" });
  const { data, error, refetch } = useQuery(queries.asset(ws, kind, name, version));
  const tabs = tabsOf(kind);
  const tab = tabs.find((one) => one === search.tab) ?? tabs[0]!;
  useTitle(`${name}:${data?.version ?? version}`);
  useKeys(
    Object.fromEntries(
      tabs.map((one, n) => [
        String(n + 1),
        () => void navigate({ search: (now) => ({ ...now, tab: one }) }),
      ]),
    ),
  );
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={8} />;
  const at = { ws, kind, name: data.name, version: data.version };
  return (
    <>
      <Head ws={ws} asset={data} />
      <nav className="tabs" aria-label={t("assets.tabs")}>
        {tabs.map((one) => (
          <Link
            key={one}
            to="/w/$ws/$kind/$name/$version"
            params={{ ws, kind, name, version }}
            search={(now) => ({ ...now, tab: one === tabs[0] ? undefined : one })}
            activeOptions={{ exact: true, includeSearch: true }}
            aria-current={one === tab ? "page" : undefined}
          >
            {t(tabKey(one))}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Loading />}>
        {tab === "overview" && <Overview ws={ws} asset={data} />}
        {tab === "build" && <Build ws={ws} name={data.name} version={data.version} />}
        {tab === "files" && <Files key={data.version} at={at} />}
        {tab === "versions" && <Versions at={at} />}
        {tab === "lineage" && <Lineage {...at} />}
        {tab === "definition" && <Definition asset={data} />}
      </Suspense>
    </>
  );
}

function Head({ ws, asset }: { ws: string; asset: Shape }) {
  const t = useT();
  const { kind, name } = asset;
  const search = useSearch({ from: "/w/$ws/$kind/$name/$version" });
  const navigate = useNavigate();
  const change = useChangeAsset(ws, kind, name);
  const [moving, setMoving] = useState<boolean>();
  useKeys(kind === "models" ? { a: () => setMoving(true) } : {});
  return (
    <div className="row wrap head">
      <div>
        <h1>
          <bdi>{name}</bdi>
        </h1>
        <p className="facts">
          <Link to="/w/$ws/$kind" params={{ ws, kind }}>
            {t(`nav.${kind}` as Key)}
          </Link>
          <span>{asset.type}</span>
          <span>{asset.created_by}</span>
          <span title={exactly(asset.created)}>{when(asset.created)}</span>
          {asset.aliases.map((one) => (
            <b key={one} className="alias">{`@${one}`}</b>
          ))}
          {asset.stage && <b className="alias">{asset.stage}</b>}
          {(asset.archived || asset.put_away) && <b>{t("job.archived")}</b>}
        </p>
      </div>
      <span className="grow" />
      <label className="row">
        {t("assets.version")}
        <select
          value={asset.version}
          onChange={(event) =>
            void navigate({
              to: "/w/$ws/$kind/$name/$version",
              params: { ws, kind, name, version: event.target.value },
              search: { tab: search.tab },
            })
          }
        >
          {asset.versions.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      {kind === "models" && <Button onClick={() => setMoving(true)}>{t("alias.many")}</Button>}
      <Button
        disabled={change.isPending || asset.put_away}
        onClick={() =>
          change.mutate({ version: asset.version, change: { archived: !asset.archived } })
        }
      >
        {asset.archived ? t("assets.restore") : t("assets.archive")}
      </Button>
      {asset.put_away && (
        <Button onClick={() => change.mutate({ change: { archived: false } })}>
          {t("assets.restore.all")}
        </Button>
      )}
      <CopyAs ws={ws} kind={kind} name={`${name}/${asset.version}`} />
      <Suspense>
        {moving !== undefined && (
          <Aliases ws={ws} asset={asset} open={moving} close={() => setMoving(false)} />
        )}
      </Suspense>
    </div>
  );
}
