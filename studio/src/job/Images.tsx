import "./images.css";

import { Button } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";

import type { Job, Picture, Pictures } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { number } from "../kit/time";
import { frameAt } from "./frames";

const HOW = `import mlflow

mlflow.log_image(image, key="val/sample", step=epoch)
mlflow.log_figure(figure, "roc.png")`;
const SCALES = [1, 2, 4, 8] as const;
const MOST = 300; // series on a page

/** Pictures a run logged: a grid, one slider over the steps of all, one picture at its own pixels. */
export default function Images({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const search = useSearch({ from: "/w/$ws/jobs/$name" });
  const navigate = useNavigate({ from: "/w/$ws/jobs/$name" });
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true, resetScroll: false });
  const name = job.row.name;
  const { data, error, refetch } = useQuery(queries.images(ws, name));
  const steps = useMemo(() => {
    const all = new Set<number>();
    for (const one of data?.series ?? [])
      if (one.frames.length > 1) for (const frame of one.frames) all.add(frame.step);
    return [...all].sort((a, b) => a - b);
  }, [data]);
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  if (data.series.length === 0)
    return (
      <Empty title={t("images.none")}>
        <p>{t("job.metrics.how")}</p>
        <pre>{HOW}</pre>
      </Empty>
    );
  const step = search.frame;
  const open = data.series.find(
    (one) => one.key === search.image || one.frames.some((frame) => frame.path === search.image),
  );
  const at = step === undefined ? steps.length - 1 : Math.max(0, steps.findLastIndex((s) => s <= step));
  const words = (search.metric ?? "").toLowerCase();
  const shown = data.series.filter((one) => one.key.toLowerCase().includes(words));
  return (
    <>
      <div className="row wrap controls">
        {steps.length > 1 && (
          <label className="row stepper">
            {t("chart.step")}
            <input
              type="range"
              min={0}
              max={steps.length - 1}
              value={at}
              aria-valuetext={number(steps[at]!)}
              onChange={(e) => set({ frame: steps[Number(e.target.value)] })}
            />
            <output>{number(steps[at]!)}</output>
          </label>
        )}
        <input
          type="search"
          value={search.metric ?? ""}
          aria-label={t("images.find")}
          placeholder={t("images.find")}
          onChange={(e) => set({ metric: e.target.value || undefined })}
        />
        <span className="quiet">{t("images.count", { count: shown.length })}</span>
      </div>
      {data.more && <p className="note">{t("images.more")}</p>}
      {open && (
        <Large
          ws={ws}
          job={name}
          of={open}
          frame={open.frames.find((one) => one.path === search.image) ?? frameAt(open.frames, step)}
          scale={search.scale}
          set={set}
        />
      )}
      <ul className="pictures">
        {shown.slice(0, MOST).map((one) => (
          <Small key={one.key} ws={ws} job={name} of={one} frame={frameAt(one.frames, step)} open={() => set({ image: one.key })} />
        ))}
      </ul>
      {shown.length > MOST && <p className="quiet">{t("images.rest", { count: shown.length - MOST })}</p>}
    </>
  );
}

interface OneProps {
  ws: string;
  job: string;
  of: Pictures;
  frame: Picture;
}

function Small({ ws, job, of, frame, open }: OneProps & { open: () => void }) {
  const t = useT();
  return (
    <li className="card picture">
      <button onClick={open} aria-label={t("images.open", { name: of.key })}>
        <img
          src={queries.rawUrl(ws, job, frame.small ?? frame.path, false)}
          alt={t("images.alt", { name: of.key, step: number(frame.step) })}
          loading="lazy"
          decoding="async"
        />
      </button>
      <p>
        <bdi title={of.key}>{of.key}</bdi>
        {of.frames.length > 1 && (
          <small>{t("images.frame", { step: number(frame.step), count: of.frames.length })}</small>
        )}
      </p>
    </li>
  );
}

interface LargeProps extends OneProps {
  scale: number | undefined;
  set: (next: { image?: undefined; scale?: number; frame?: number }) => void;
}

/** One picture, fitted or at 1, 2, 4, 8 screen pixels for each of its own. */
function Large({ ws, job, of, frame, scale, set }: LargeProps) {
  const t = useT();
  const at = useRef<HTMLElement>(null);
  useEffect(() => at.current?.scrollIntoView({ block: "nearest" }), [of.key]);
  const place = of.frames.indexOf(frame);
  const image = useRef<HTMLImageElement>(null);
  const sized = () => {
    const { current } = image;
    if (!current) return;
    current.style.width = scale ? `${(current.naturalWidth * scale) / devicePixelRatio}px` : "";
  };
  useEffect(sized);
  return (
    <section
      className="card large-picture"
      ref={at}
      aria-label={of.key}
      onKeyDown={(event) => {
        if (event.key === "Escape") set({ image: undefined, scale: undefined });
      }}
    >
      <header className="row wrap">
        <h2>
          <bdi>{of.key}</bdi>
        </h2>
        {of.frames.length > 1 && (
          <span className="row">
            <Button size="small" aria-label={t("images.before")} disabled={place === 0} onClick={() => set({ frame: of.frames[place - 1]!.step })}>
              ←
            </Button>
            <span role="status">{t("images.step", { step: number(frame.step) })}</span>
            <Button size="small" aria-label={t("images.next")} disabled={place === of.frames.length - 1} onClick={() => set({ frame: of.frames[place + 1]!.step })}>
              →
            </Button>
          </span>
        )}
        <span className="grow" />
        <span role="group" aria-label={t("images.scale")} className="row">
          <Button size="small" aria-pressed={!scale} appearance={scale ? "secondary" : "primary"} onClick={() => set({ scale: undefined })}>
            {t("images.fit")}
          </Button>
          {SCALES.map((one) => (
            <Button key={one} size="small" aria-pressed={scale === one} appearance={scale === one ? "primary" : "secondary"} onClick={() => set({ scale: one })}>
              {one}:1
            </Button>
          ))}
        </span>
        <a className="button" href={queries.rawUrl(ws, job, frame.path, true)} download>
          {t("download")}
        </a>
        <Button size="small" aria-label={t("close")} onClick={() => set({ image: undefined, scale: undefined })}>
          ✕
        </Button>
      </header>
      <div className={scale ? "pixels scaled" : "pixels"} tabIndex={0} role="group" aria-label={of.key}>
        <img
          ref={image}
          src={queries.rawUrl(ws, job, frame.path, false)}
          alt={t("images.alt", { name: of.key, step: number(frame.step) })}
          onLoad={sized}
        />
      </div>
    </section>
  );
}
