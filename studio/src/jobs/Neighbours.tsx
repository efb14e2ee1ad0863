import "./neighbours.css";

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { number } from "../kit/time";
import { listView, remembered } from "./useList";

type Way = "before" | "after";

/** The jobs before and after this one in the list this tab came from: [ and ]. */
export function Neighbours({ ws, name }: { ws: string; name: string }) {
  const t = useT();
  const navigate = useNavigate();
  const state = remembered(ws);
  const { data } = useQuery(queries.around(ws, name, state && listView(state)));
  const pressed = useRef<Way | null>(null); // before it was known who the neighbours are
  const go = (way: Way) => {
    pressed.current = data ? null : way;
    const to = data?.[way];
    if (to) void navigate({ to: "/w/$ws/jobs/$name", params: { ws, name: to }, search: keep });
  };
  useEffect(() => {
    if (data && pressed.current) go(pressed.current);
  });
  useKeys({ "[": () => go("before"), "]": () => go("after") });
  if (!data?.place) return null;
  return (
    <nav className="neighbours" aria-label={t("jobs.around")}>
      {data.before && (
        <Link
          to="/w/$ws/jobs/$name"
          params={{ ws, name: data.before }}
          search={keep}
          aria-label={t("jobs.before")}
          title={t("jobs.before")}
        >
          ‹
        </Link>
      )}
      <span>{t("jobs.place", { place: number(data.place), total: number(data.total) })}</span>
      {data.after && (
        <Link
          to="/w/$ws/jobs/$name"
          params={{ ws, name: data.after }}
          search={keep}
          aria-label={t("jobs.after")}
          title={t("jobs.after")}
        >
          ›
        </Link>
      )}
    </nav>
  );
}

/** The same tab of the next job. */
const keep = (now: { tab?: string }) => ({ tab: now.tab });
