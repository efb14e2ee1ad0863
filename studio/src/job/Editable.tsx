import "./edit.css";

import { Button } from "@fluentui/react-components";
import { type KeyboardEvent, useState } from "react";

import type { Job } from "../api/client";
import { useT } from "../i18n";
import { useEdit } from "./edit";

interface Props {
  text: string;
  label: string;
  empty?: string;
  long?: boolean;
  heading?: boolean;
  save: (text: string) => void;
}

/** Text with a pencil: Enter keeps what was typed, Escape what was there. */
export function Editable({ text, label, empty, long, heading, save }: Props) {
  const t = useT();
  const [typed, setTyped] = useState<string>();
  const done = () => {
    if (typed !== undefined && typed !== text) save(typed);
    setTyped(undefined);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape") setTyped(undefined);
    else if (event.key === "Enter" && (!long || event.ctrlKey || event.metaKey)) done();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (typed === undefined)
    return (
      <span className={heading ? "editable heading" : "editable"}>
        {heading ? (
          <h1>
            <bdi>{text}</bdi>
          </h1>
        ) : text ? (
          <bdi>{text}</bdi>
        ) : (
          <span className="quiet">{empty}</span>
        )}
        <button className="pencil" aria-label={label} title={label} onClick={() => setTyped(text)}>
          <span aria-hidden="true">✎</span>
        </button>
      </span>
    );
  const shared = {
    value: typed,
    "aria-label": label,
    autoFocus: true,
    onKeyDown: key,
    onChange: (event: { target: { value: string } }) => setTyped(event.target.value),
  };
  return (
    <span className="editing">
      {long ? <textarea rows={4} maxLength={50_000} {...shared} /> : <input maxLength={500} {...shared} />}
      <Button size="small" appearance="primary" onClick={done}>
        {t("save")}
      </Button>
      <Button size="small" onClick={() => setTyped(undefined)}>
        {t("cancel")}
      </Button>
    </span>
  );
}

/** Tags of people, each with a way out, and a place for one more; those of clients below. */
export function Tags({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const edit = useEdit(ws, job.row.name);
  const [typed, setTyped] = useState("");
  const all = Object.entries(job.tags).sort(([a], [b]) => a.localeCompare(b));
  const own = all.filter(([key]) => !key.startsWith("mlflow."));
  const rest = all.filter(([key]) => key.startsWith("mlflow."));
  const [key, ...more] = typed.split("=");
  const add = () => {
    if (!key?.trim()) return;
    edit.mutate({ tags: { [key.trim()]: more.join("=").trim() }, remove_tags: {} });
    setTyped("");
  };
  return (
    <>
      <h2>{t("job.tags")}</h2>
      <ul className="tags">
        {own.map(([name, value]) => (
          <li key={name}>
            <bdi>{value ? `${name} = ${value}` : name}</bdi>
            <button
              aria-label={t("job.tag.remove", { name })}
              onClick={() => edit.mutate({ tags: {}, remove_tags: { [name]: value } })}
            >
              <span aria-hidden="true">✕</span>
            </button>
          </li>
        ))}
        <li className="adding">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add();
            }}
          >
            <input
              value={typed}
              aria-label={t("job.tag.add")}
              placeholder={t("job.tag.add")}
              onChange={(event) => setTyped(event.target.value)}
            />
          </form>
        </li>
      </ul>
      {rest.length > 0 && (
        <details>
          <summary>{t("job.tags.clients", { count: rest.length })}</summary>
          <dl className="facts-list">
            {rest.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}
