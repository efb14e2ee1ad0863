import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";

import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { exactly, number, when } from "../kit/time";
import { useTitle } from "../kit/title";

export function Experiments() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/experiments" });
  const { data, error, refetch } = useQuery(queries.experiments(ws));
  useTitle(t("nav.experiments"));
  return (
    <>
      <h1>{t("nav.experiments")}</h1>
      {error && !data ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Loading />
      ) : data.experiments.length === 0 ? (
        <Empty title={t("experiments.none")} />
      ) : (
        <div className="card scroll-x">
          <table className="plain" aria-label={t("nav.experiments")}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                <th className="num">{t("experiments.runs")}</th>
                <th className="num">{t("experiments.newest")}</th>
              </tr>
            </thead>
            <tbody>
              {data.experiments.map((one) => (
                <tr key={one.name}>
                  <td>
                    <Link
                      to="/w/$ws/jobs"
                      params={{ ws }}
                      search={{ filter: `experiment:${JSON.stringify(one.name)}` }}
                    >
                      <bdi>{one.name}</bdi>
                    </Link>
                  </td>
                  <td className="num">{number(one.runs)}</td>
                  <td className="num" title={exactly(one.newest)}>
                    {when(one.newest)}
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
