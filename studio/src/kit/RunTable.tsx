import { Link } from "@tanstack/react-router";

import type { Row } from "../api/client";
import { useT } from "../i18n";
import { ended, Status } from "./Status";
import { between, exactly, lasting, useNow, when } from "./time";
import { Why } from "./Why";

/** A short table of runs, for cards. Long ones are JobsPage's. */
export function RunTable({ ws, rows, label }: { ws: string; rows: readonly Row[]; label: string }) {
  const t = useT();
  const now = useNow(rows.some((row) => !ended(row.state)));
  return (
    <div className="scroll-x">
      <table className="plain" aria-label={label}>
        <thead>
          <tr>
            <th>{t("col.status")}</th>
            <th>{t("col.name")}</th>
            <th>{t("col.experiment")}</th>
            <th>{t("col.user")}</th>
            <th className="num">{t("col.duration")}</th>
            <th className="num">{t("col.created")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <td className="nowrap">
                <Status state={row.state} /> <Why ws={ws} row={row} />
              </td>
              <td>
                <Link to="/w/$ws/jobs/$name" params={{ ws, name: row.name }} title={row.name}>
                  <bdi>{row.display_name}</bdi>
                </Link>
              </td>
              <td>
                <bdi>{row.experiment}</bdi>
              </td>
              <td>{row.user}</td>
              <td className="num">
                {row.began &&
                  (row.ended || !ended(row.state)) &&
                  lasting(between(row.began, row.ended, now))}
              </td>
              <td className="num" title={exactly(row.created)}>
                {when(row.created)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
