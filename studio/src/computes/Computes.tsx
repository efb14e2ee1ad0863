import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { useTitle } from "../kit/title";

export const stateKey = (state: string): Key => `compute.${state}` as Key;

export function Computes() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/compute" });
  const { data, error, refetch } = useQuery(queries.computes(ws));
  useTitle(t("nav.compute"));
  return (
    <>
      <h1>{t("nav.compute")}</h1>
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
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
