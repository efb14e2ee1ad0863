import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import type { Row, Shots } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { Empty, Loading, Problem } from "../kit/states";
import { number } from "../kit/time";
import type { Given } from "./given";
import { images } from "./queries";

const FIRST = 12; // keys that are shown before somebody asks for more

/** The pictures of the runs beside each other, at the same step. */
export default function Images({ ws, runs }: Given) {
  const t = useT();
  const names = useMemo(() => runs.map((run) => run.name), [runs]);
  const { data, error, refetch } = useQuery(images(ws, names));
  const [most, setMost] = useState(FIRST);
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  if (data.keys.length === 0)
    return (
      <Empty title={t("compare.images.none")}>
        <pre>{'mlflow.log_image(image, key="samples", step=step)'}</pre>
      </Empty>
    );
  return (
    <>
      {data.limits.map((limit) => (
        <p key={limit} className="note" role="note">
          {limit}
        </p>
      ))}
      {data.keys.slice(0, most).map((one) => (
        <Strip key={one.key} ws={ws} runs={runs} of={one} />
      ))}
      {data.keys.length > most && (
        <button className="more" onClick={() => setMost(most + FIRST)}>
          {t("compare.images.more", { count: data.keys.length - most })}
        </button>
      )}
    </>
  );
}

function Strip({ ws, runs, of }: { ws: string; runs: readonly Row[]; of: Shots }) {
  const t = useT();
  const steps = useMemo(() => [...new Set(of.pictures.map((one) => one.step))].sort((a, b) => a - b), [of]);
  const [chosen, setChosen] = useState<number | undefined>();
  const n = chosen ?? steps.length - 1;
  const step = steps[n] ?? 0;
  const shown = runs.flatMap((run) => {
    // Of each run the last picture up to that step.
    const found = of.pictures.findLast((one) => one.run === run.name && one.step <= step);
    return found ? [{ run, found }] : [];
  });
  return (
    <section className="card strip" aria-label={of.key}>
      <header className="row wrap">
        <h2>
          <bdi>{of.key}</bdi>
        </h2>
        {steps.length > 1 && (
          <label className="row">
            {t("compare.images.step", { step: number(step) })}
            <input
              type="range"
              min={0}
              max={steps.length - 1}
              value={n}
              aria-valuetext={number(step)}
              onChange={(event) => setChosen(Number(event.target.value))}
            />
          </label>
        )}
      </header>
      <div className="pictures">
        {shown.map(({ run, found }) => (
          <figure key={run.name}>
            <a href={queries.rawUrl(ws, run.name, found.path, false)} target="_blank" rel="noreferrer">
              <img
                loading="lazy"
                src={queries.rawUrl(ws, run.name, found.path, false)}
                alt={t("compare.images.alt", { key: of.key, name: run.display_name, step: number(found.step) })}
              />
            </a>
            <figcaption className="cut">
              <Link to="/w/$ws/jobs/$name" params={{ ws, name: run.name }}>
                <bdi>{run.display_name}</bdi>
              </Link>
              {found.step !== step && ` · ${t("compare.images.step", { step: number(found.step) })}`}
            </figcaption>
          </figure>
        ))}
      </div>
    </section>
  );
}
