import { Button, Popover, PopoverSurface, PopoverTrigger } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import type { View } from "../api/client";
import { type Key, useT } from "../i18n";
import { toast } from "../kit/toasts";
import { change, type List, remove, save } from "./useList";

const BUILT_IN = [
  ["jobs.all", ""],
  ["jobs.mine", "user:me status:active"],
  ["jobs.failed", "status:failed"],
  ["jobs.waiting", "status:waiting"],
  ["jobs.archived", "view:archived"],
  ["jobs.deleted", "view:deleted"],
] as const;
const SCOPES = ["private", "shared", "default"] as const;
const MARK: Record<string, string> = { shared: "⚭", default: "★" };

/** Tabs above the list: what everybody has, what was saved, and what to do with it. */
export function Views({ list }: { list: List }) {
  const t = useT();
  const client = useQueryClient();
  const { ws, views, view, state, changed } = list;
  const again = () => client.invalidateQueries({ queryKey: ["views", ws] });
  const act = async (what: Promise<View>, said: Key): Promise<View | undefined> => {
    try {
      const made = await what;
      client.setQueryData(["view", ws, made.id], made);
      await again();
      toast(t(said, { name: made.name }));
      return made;
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
      await again();
      return undefined;
    }
  };
  const keep = async (name: string, scope: string) => {
    const made = await act(save(ws, { name, scope, state }), "views.saved");
    if (made) list.show(made);
    return made !== undefined;
  };
  const update = async () => {
    const made = await act(change(ws, view!, { state }), "views.saved");
    if (made) list.show(made);
  };
  const rename = async (name: string, scope: string) =>
    (await act(change(ws, view!, { name, scope }), "views.saved")) !== undefined;
  const drop = async () => {
    const gone = view!;
    try {
      await remove(ws, gone);
    } catch (error) {
      return toast(error instanceof Error ? error.message : String(error));
    }
    list.show(undefined);
    await again();
    toast(t("views.deleted", { name: gone.name }), () => {
      void act(save(ws, gone), "views.back").then((made) => made && list.show(made));
    });
  };
  return (
    <div className="views" role="group" aria-label={t("jobs.views")}>
      {BUILT_IN.map(([label, of]) => (
        <button
          key={label}
          aria-pressed={!view && (state.filter ?? "") === of}
          onClick={() => {
            const { filter: _, ...rest } = view ? {} : state;
            list.show(undefined, of ? { ...rest, filter: of } : rest);
          }}
        >
          {t(label)}
        </button>
      ))}
      {views.map((one) => (
        <button
          key={one.id}
          aria-pressed={view?.id === one.id}
          title={t("views.by", { by: one.by, scope: t(`views.${one.scope}` as Key) })}
          onClick={() => list.show(one)}
        >
          {MARK[one.scope] && <i aria-hidden="true">{MARK[one.scope]} </i>}
          <bdi>{one.name}</bdi>
          {changed && view?.id === one.id && <b title={t("views.changed")}> •</b>}
        </button>
      ))}
      {view?.scope === "link" && <span className="quiet">{t("views.link")}</span>}
      <Form
        key={`new ${view?.id}`}
        label={t("views.new")}
        title={t("views.new.title")}
        button="+"
        send={keep}
      />
      {view?.mine && view.scope !== "link" && (
        <Form
          key={view.id + view.revision}
          label={t("views.edit", { name: view.name })}
          title={t("views.edit", { name: view.name })}
          button="⋯"
          of={view}
          send={rename}
          drop={() => void drop()}
        />
      )}
      {changed && view?.mine && view.scope !== "link" && (
        <button className="act" onClick={() => void update()}>
          {t("views.update")}
        </button>
      )}
      {changed && (
        <button className="act" onClick={() => list.show(view)}>
          {t("views.discard")}
        </button>
      )}
    </div>
  );
}

interface FormProps {
  label: string;
  title: string;
  button: string;
  of?: View;
  send: (name: string, scope: string) => Promise<boolean>;
  drop?: () => void;
}

function Form({ label, title, button, of, send, drop }: FormProps) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(of?.name ?? "");
  const [scope, setScope] = useState(of?.scope ?? "private");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    if (await send(name.trim(), scope)) setOpen(false);
  };
  return (
    <Popover open={open} onOpenChange={(_, { open }) => setOpen(open)} trapFocus withArrow>
      <PopoverTrigger disableButtonEnhancement>
        <button className="more" aria-label={label} title={label}>
          {button}
        </button>
      </PopoverTrigger>
      <PopoverSurface aria-label={title}>
        <form className="view-form" onSubmit={(event) => void submit(event)}>
          <label>
            {t("views.name")}
            <input value={name} maxLength={100} required onChange={(e) => setName(e.target.value)} />
          </label>
          <fieldset>
            <legend>{t("views.for")}</legend>
            {SCOPES.map((one) => (
              <label key={one}>
                <input
                  type="radio"
                  name="scope"
                  checked={scope === one}
                  onChange={() => setScope(one)}
                />
                {t(`views.${one}`)}
              </label>
            ))}
          </fieldset>
          <div className="row">
            <Button appearance="primary" type="submit" disabled={!name.trim()}>
              {t("views.save")}
            </Button>
            {drop && (
              <Button
                onClick={() => {
                  setOpen(false);
                  drop();
                }}
              >
                {t("views.delete")}
              </Button>
            )}
          </div>
        </form>
      </PopoverSurface>
    </Popover>
  );
}
