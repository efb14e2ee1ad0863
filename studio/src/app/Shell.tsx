import { Button } from "@fluentui/react-components";
import { NavigationRegular } from "@fluentui/react-icons/svg/navigation";
import { SearchRegular } from "@fluentui/react-icons/svg/search";
import { WeatherMoonRegular } from "@fluentui/react-icons/svg/weather-moon";
import { WeatherSunnyRegular } from "@fluentui/react-icons/svg/weather-sunny";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import { Fragment, lazy, Suspense, useEffect, useState } from "react";

import { useLive, useUpdates } from "../api/live";
import * as queries from "../api/queries";
import { locale, speak, useT } from "../i18n";
import { Toasts } from "../kit/toasts";
import { useKeys } from "./keys";
import { Mark } from "./Mark";
import { PLACES } from "./places";
import { choose, useDark } from "./theme";

const Palette = lazy(() => import("./Palette"));
const Keys = lazy(() => import("./KeyList"));

/** The frame around every page of a workspace. */
export function Shell() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws" });
  const { data: session } = useQuery(queries.session());
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const [open, setOpen] = useState(false);
  useUpdates(ws);

  useEffect(() => localStorage.setItem("zafiro.workspace", ws), [ws]);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette(true);
      }
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
  useKeys({
    ...Object.fromEntries(
      PLACES.map((p) => [`g ${p.key}`, () => void navigate({ to: `/w/${ws}/${p.path}` })]),
    ),
    "?": () => setHelp(true),
  });

  return (
    <div className={open ? "shell nav-open" : "shell"}>
      <a className="skip" href="#main">
        {t("shell.skip")}
      </a>
      <header className="top">
        <Button
          className="menu"
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label={t("shell.navigation")}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        />
        <Link to="/w/$ws/home" params={{ ws }} className="brand" aria-label="Zafiro">
          <Mark /> <b>Zafiro</b>
        </Link>
        {session && session.workspaces.length > 1 ? (
          <select
            className="workspace"
            aria-label={t("shell.workspace")}
            value={ws}
            onChange={(e) => void navigate({ to: "/w/$ws/home", params: { ws: e.target.value } })}
          >
            {session.workspaces.map((one) => (
              <option key={one.path} value={one.path}>
                {one.path}
              </option>
            ))}
          </select>
        ) : (
          <span className="workspace">{ws}</span>
        )}
        <button className="search" onClick={() => setPalette(true)} aria-keyshortcuts="Control+K">
          <SearchRegular /> <span>{t("shell.search")}</span> <kbd aria-hidden="true">Ctrl K</kbd>
        </button>
        <span className="grow" />
        <Dot />
        <Language />
        <Dark />
        {session && (
          <span className="who" title={session.user}>
            {session.user.slice(0, 2).toUpperCase()}
          </span>
        )}
      </header>
      <nav className="side" aria-label={t("shell.navigation")}>
        {PLACES.map((place, n) => (
          <Fragment key={place.path}>
            {place.group && place.group !== PLACES[n - 1]?.group && (
              <h2>{t(place.group)}</h2>
            )}
            <Link
              to={`/w/${encodeURIComponent(ws)}/${place.path}` as never}
              className={path.startsWith(`/w/${ws}/${place.path}`) ? "on" : undefined}
              aria-current={path.startsWith(`/w/${ws}/${place.path}`) ? "page" : undefined}
              title={t(place.label)}
            >
              <place.icon />
              <span>{t(place.label)}</span>
            </Link>
          </Fragment>
        ))}
      </nav>
      {open && <div className="veil" onClick={() => setOpen(false)} />}
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Toasts />
      <Suspense>
        {palette && <Palette ws={ws} close={() => setPalette(false)} help={() => setHelp(true)} />}
        {help && <Keys close={() => setHelp(false)} />}
      </Suspense>
    </div>
  );
}

function Dot() {
  const t = useT();
  const live = useLive();
  return (
    <span className={live ? "live" : "live away"} role="status">
      <i aria-hidden="true" /> <span>{live ? t("shell.live") : t("shell.away")}</span>
    </span>
  );
}

function Language() {
  const t = useT();
  const other = locale() === "es" ? "en" : "es";
  return (
    <Button
      appearance="subtle"
      size="small"
      title={t("shell.language")}
      onClick={() => void speak(other)}
    >
      {locale().toUpperCase()}
    </Button>
  );
}

function Dark() {
  const t = useT();
  const dark = useDark();
  return (
    <Button
      appearance="subtle"
      icon={dark ? <WeatherSunnyRegular /> : <WeatherMoonRegular />}
      aria-label={dark ? t("shell.light") : t("shell.dark")}
      onClick={() => choose(dark ? "light" : "dark")}
    />
  );
}
