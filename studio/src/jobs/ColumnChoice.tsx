import { Button, Popover, PopoverSurface, PopoverTrigger } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import * as queries from "../api/queries";
import { type Key, useT } from "../i18n";
import { isLogged, moved, shortly, USUAL } from "./columns";

interface Props {
  ws: string;
  chosen: readonly string[];
  choose: (ids: readonly string[]) => void;
}

const MOST = 50;

/** Columns are chosen; a new metric never appears by itself. */
export function ColumnChoice({ ws, chosen, choose }: Props) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={(_, { open }) => setOpen(open)} trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button size="small">{t("jobs.columns", { count: chosen.length })}</Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={t("jobs.columns.title")} className="choice">
        <Choice ws={ws} chosen={chosen} choose={choose} />
      </PopoverSurface>
    </Popover>
  );
}

function Choice({ ws, chosen, choose }: Props) {
  const t = useT();
  const [like, setLike] = useState("");
  const { data } = useQuery(queries.columns(ws, like));
  const flip = (id: string) =>
    choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const logged = (data?.columns ?? []).slice(0, MOST);
  const called = (id: string) => (isLogged(id) ? shortly(id) : t(`col.${id}` as Key));
  return (
    <>
      <h2>{t("jobs.columns.shown")}</h2>
      <ul>
        {chosen.slice(1).map((id, n) => (
          <li key={id}>
            <bdi title={id}>{called(id)}</bdi>
            <Act
              id={`up-${n}`}
              label={t("jobs.columns.left", { name: called(id) })}
              off={n === 0}
              act={() => {
                choose(moved(chosen, id, n));
                focus(`up-${n - 1}`, `down-${n - 1}`);
              }}
            >
              ↑
            </Act>
            <Act
              id={`down-${n}`}
              label={t("jobs.columns.right", { name: called(id) })}
              off={n === chosen.length - 2}
              act={() => {
                choose(moved(chosen, id, n + 2));
                focus(`down-${n + 1}`, `up-${n + 1}`);
              }}
            >
              ↓
            </Act>
            <Act
              id={`drop-${n}`}
              label={t("jobs.columns.remove", { name: called(id) })}
              act={() => {
                flip(id);
                focus(`drop-${n}`, "find-column");
              }}
            >
              ✕
            </Act>
          </li>
        ))}
      </ul>
      <h2>{t("jobs.columns.more")}</h2>
      <div className="row wrap">
        {USUAL.filter((id) => !chosen.includes(id)).map((id) => (
          <button
            key={id}
            className="chip"
            onClick={() => {
              flip(id);
              focus("find-column");
            }}
          >
            + {called(id)}
          </button>
        ))}
      </div>
      <input
        id="find-column"
        type="search"
        value={like}
        aria-label={t("jobs.columns.find")}
        placeholder={t("jobs.columns.find")}
        onChange={(event) => setLike(event.target.value)}
      />
      <ul>
        {logged.map((id) => {
          const key = shortly(id);
          if (!id.startsWith("metrics."))
            return (
              <li key={id}>
                <label>
                  <input type="checkbox" checked={chosen.includes(id)} onChange={() => flip(id)} />
                  <bdi>{id}</bdi>
                </label>
              </li>
            );
          const ways = [
            ["last", id],
            ["min", `min(${key})`],
            ["max", `max(${key})`],
          ] as const;
          return (
            <li key={id}>
              <bdi title={id}>{key}</bdi>
              {ways.map(([way, as]) => (
                <button
                  key={way}
                  className="chip"
                  aria-pressed={chosen.includes(as)}
                  aria-label={t(`jobs.columns.${way}.of`, { name: key })}
                  onClick={() => flip(as)}
                >
                  {t(`jobs.columns.${way}`)}
                </button>
              ))}
            </li>
          );
        })}
      </ul>
      <WhereBest
        keys={(data?.columns ?? []).filter((id) => id.startsWith("metrics.")).map(shortly)}
        add={(id) => chosen.includes(id) || flip(id)}
      />
    </>
  );
}

/** "What was the loss where val/auc was best?" */
function WhereBest({ keys, add }: { keys: readonly string[]; add: (id: string) => void }) {
  const t = useT();
  const [key, setKey] = useState("");
  const [pick, setPick] = useState("max");
  const [of, setOf] = useState("");
  if (keys.length < 2) return null;
  const options = keys.map((one) => (
    <option key={one} value={one}>
      {one}
    </option>
  ));
  const what = key || keys[0]!;
  const where = of || keys[1]!;
  return (
    <fieldset>
      <legend>{t("jobs.columns.at")}</legend>
      <label>
        {t("jobs.columns.at.show")}
        <select value={what} onChange={(event) => setKey(event.target.value)}>
          {options}
        </select>
      </label>
      <label>
        {t("jobs.columns.at.where")}
        <select value={pick} onChange={(event) => setPick(event.target.value)}>
          <option value="max">{t("jobs.columns.at.max")}</option>
          <option value="min">{t("jobs.columns.at.min")}</option>
        </select>
      </label>
      <label>
        {t("jobs.columns.at.of")}
        <select value={where} onChange={(event) => setOf(event.target.value)}>
          {options}
        </select>
      </label>
      <button className="chip" onClick={() => add(`${what} at ${pick}(${where})`)}>
        + {t("jobs.columns.at.add")}
      </button>
    </fieldset>
  );
}

/** The button that was pressed is another one's now, or gone. */
const focus = (...ids: string[]) =>
  requestAnimationFrame(() => {
    const found = ids.map((id) => document.getElementById(id));
    found.find((one) => one && !one.matches(":disabled"))?.focus();
  });

interface ActProps {
  id: string;
  label: string;
  off?: boolean;
  act: () => void;
  children: string;
}

function Act({ id, label, off, act, children }: ActProps) {
  return (
    <button id={id} className="chip" aria-label={label} title={label} disabled={off} onClick={act}>
      {children}
    </button>
  );
}
