import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import type { Asset } from "../api/client";
import { useT } from "../i18n";
import { Pairs } from "../kit/Pairs";
import { Loading } from "../kit/states";

const Model = lazy(() => import("./Model"));
const Component = lazy(() => import("./Component"));
const Say = lazy(() => import("./Say"));

/** What is known of a version without opening its files. */
export function Overview({ ws, asset }: { ws: string; asset: Asset }) {
  const t = useT();
  const [editing, setEditing] = useState<boolean>();
  return (
    <div className="columns even">
      <div>
        <section className="card">
          <div className="row">
            <h2>{t("job.facts")}</h2>
            <span className="grow" />
            <button className="why" onClick={() => setEditing(true)}>
              {t("assets.edit")}
            </button>
          </div>
          <dl className="facts-list">
            {asset.description && (
              <div>
                <dt>{t("job.description")}</dt>
                <dd>
                  <bdi className="said">{asset.description}</bdi>
                </dd>
              </div>
            )}
            {asset.uri && (
              <div>
                <dt>{t("assets.where")}</dt>
                <dd className="break">
                  <code>{asset.uri}</code>
                </dd>
              </div>
            )}
            {asset.made_by && (
              <div>
                <dt>{t("assets.madeby")}</dt>
                <dd>
                  <Link to="/w/$ws/jobs/$name" params={{ ws, name: asset.made_by }}>
                    {asset.made_by}
                  </Link>
                </dd>
              </div>
            )}
            <div>
              <dt>{t("assets.refer")}</dt>
              <dd>
                <code>{`azureml:${asset.name}:${asset.version}`}</code>
              </dd>
            </div>
          </dl>
        </section>
        <section className="card">
          <h2>{t("assets.use")}</h2>
          <pre>{asset.load}</pre>
        </section>
        <section className="card">
          <h2>{t("job.tags")}</h2>
          <Pairs pairs={asset.tags} none={t("assets.notags")} label={t("job.tags")} />
        </section>
      </div>
      <div>
        <Suspense fallback={<Loading />}>
          {asset.kind === "models" && <Model ws={ws} asset={asset} />}
          {asset.component && <Component ws={ws} component={asset.component} />}
        </Suspense>
      </div>
      <Suspense>
        {editing !== undefined && (
          <Say ws={ws} asset={asset} open={editing} close={() => setEditing(false)} />
        )}
      </Suspense>
    </div>
  );
}
