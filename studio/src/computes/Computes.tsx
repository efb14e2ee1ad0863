import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { CopyAs } from "../kit/CopyAs";
import { Empty, Loading, Problem } from "../kit/states";
import { exactly, lasting, useNow } from "../kit/time";
import { useTitle } from "../kit/title";

export const stateKey = (state: string): Key => `compute.${state}` as Key;

export function Computes() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/compute" });
  const { data, error, refetch } = useQuery(queries.computes(ws));
  const now = useNow(data?.some((one) => one.idle_since != null) ?? false);
  useTitle(t("nav.compute"));
  return (
    <>
      <div className="row wrap">
        <h1>{t("nav.compute")}</h1>
        <span className="grow" />
        <CopyAs ws={ws} kind="computes" name="" />
      </div>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : data.length === 0 ? (
        <Empty title={t("compute.none")} />
      ) : (
        <div className="card scroll-x">
          <table className="plain" aria-label={t("nav.compute")}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                <th>{t("col.status")}</th>
                <th>{t("col.type")}</th>
                <th>{t("compute.size")}</th>
                <th className="num">{t("compute.busy")}</th>
                <th className="num">{t("compute.queue")}</th>
                <th>{t("compute.idle")}</th>
                <th>{t("compute.last")}</th>
              </tr>
            </thead>
            <tbody>
              {data.map((one) => (
                <tr key={one.name}>
                  <td>
                    <Link to="/w/$ws/compute/$name" params={{ ws, name: one.name }}>
                      {one.name}
                    </Link>
                  </td>
                  <td title={one.why_not}>{t(stateKey(one.state))}</td>
                  <td>{one.kind}</td>
                  <td>{one.size}</td>
                  <td className="num">
                    {one.running} / {one.max_nodes ?? "∞"}
                  </td>
                  <td className="num">{one.queued}</td>
                  <td title={one.idle_since ? exactly(one.idle_since) : undefined}>
                    {one.idle_since && lasting(now - Date.parse(one.idle_since))}
                  </td>
                  <td>
                    {one.last && (
                      <Link to="/w/$ws/jobs/$name" params={{ ws, name: one.last.name }}>
                        <bdi>{one.last.display_name}</bdi>
                      </Link>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
