import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, take } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { toast } from "../kit/toasts";

interface Props {
  ws: string;
  names: readonly string[];
  add: (names: readonly string[]) => void;
}

/** Add runs by searching, or by pasting ids or display names. */
export function AddRun({ ws, names, add }: Props) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const words = typed.trim();
  const { data } = useQuery({ ...queries.search(ws, words), enabled: words.length > 1 });
  const found = words.length > 1 ? (data?.found ?? []) : [];
  const jobs = found.filter((one) => one.kind === "jobs" && !names.includes(one.name));
  const all = async (text: string) => {
    const given = [...new Set(text.split(/[\n\r,;\t]+/).flatMap((one) => one.trim() || []))];
    try {
      const path = { params: { path: { workspace: ws } } };
      const { ids, unknown } = await take(
        api.POST("/w/{workspace}/compare/known", { ...path, body: { names: given.slice(0, 200) } }),
      );
      if (ids.length > 0) add(ids);
      if (unknown.length > 0) toast(t("compare.unknown", { names: unknown.slice(0, 5).join(", ") }));
      setTyped("");
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="add">
      <input
        type="search"
        value={typed}
        aria-label={t("compare.add")}
        placeholder={t("compare.add.hint")}
        onChange={(event) => setTyped(event.target.value)}
        onPaste={(event) => {
          const text = event.clipboardData.getData("text");
          if (!/[\n,;\t]/.test(text.trim())) return;
          event.preventDefault();
          void all(text);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && words) void all(words);
          if (event.key === "Escape") setTyped("");
        }}
      />
      {jobs.length > 0 && (
        <ul className="card">
          {jobs.map((one) => (
            <li key={one.name}>
              <button
                onClick={() => {
                  setTyped("");
                  add([one.name]);
                }}
              >
                <bdi>{one.text}</bdi> <small>{one.name}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
