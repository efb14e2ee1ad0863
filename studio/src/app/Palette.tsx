import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useDeferredValue, useState } from "react";

import * as queries from "../api/queries";
import { type Key, locale, speak, useT } from "../i18n";
import { PLACES } from "./places";
import { choose, useDark } from "./theme";
import { useFocusBack } from "../kit/focus";

interface Props {
  ws: string;
  close: () => void;
  help: () => void;
}

/** Pages, objects and commands by name. */
export default function Palette({ ws, close, help }: Props) {
  const t = useT();
  useFocusBack();
  const navigate = useNavigate();
  const dark = useDark();
  const [typed, setTyped] = useState("");
  const words = useDeferredValue(typed.trim());
  const { data } = useQuery({ ...queries.search(ws, words), enabled: words.length > 1 });
  const go = (path: string) => {
    close();
    void navigate({ to: `/w/${encodeURIComponent(ws)}/${path}` as never });
  };
  const run = (act: () => unknown) => () => {
    close();
    act();
  };
  const found = words.length > 1 ? (data?.found ?? []) : [];
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && close()}
      label={t("shell.search")}
      className="palette"
      contentClassName="palette-box"
      overlayClassName="palette-veil"
      filter={(value, asked, keywords) =>
        keywords?.includes("found") || value.toLowerCase().includes(asked.toLowerCase()) ? 1 : 0
      }
    >
      <Command.Input value={typed} onValueChange={setTyped} placeholder={t("shell.search")} />
      <Command.List>
        <Command.Empty>{t("palette.nothing")}</Command.Empty>
        {found.length > 0 && (
          <Command.Group heading={t("palette.objects")}>
            {found.map((one) => (
              <Command.Item
                key={`${one.kind}/${one.name}`}
                value={`${one.kind}/${one.name}`}
                keywords={["found"]}
                onSelect={() => go(`${one.kind}/${encodeURIComponent(one.name)}`)}
              >
                <span>{one.text}</span>
                <small>
                  {t(`nav.${one.kind}` as Key)} {one.text !== one.name && one.name}
                </small>
              </Command.Item>
            ))}
          </Command.Group>
        )}
        <Command.Group heading={t("palette.pages")}>
          {PLACES.map((place) => (
            <Command.Item key={place.path} value={t(place.label)} onSelect={() => go(place.path)}>
              <span>{t(place.label)}</span>
              <kbd>g {place.key}</kbd>
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading={t("palette.commands")}>
          <Command.Item onSelect={run(() => choose(dark ? "light" : "dark"))}>
            {dark ? t("shell.light") : t("shell.dark")}
          </Command.Item>
          <Command.Item onSelect={run(() => speak(locale() === "es" ? "en" : "es"))}>
            {t("shell.language")}
          </Command.Item>
          <Command.Item onSelect={run(help)}>
            <span>{t("keys.title")}</span>
            <kbd>?</kbd>
          </Command.Item>
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}
