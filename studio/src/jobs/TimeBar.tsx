import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";

import * as queries from "../api/queries";
import { useT } from "../i18n";
import { look } from "../kit/Status";
import { exactly } from "../kit/time";

const BAR_PX = 27; // 24 to hit, and the gap beside it (WCAG 2.2, 2.5.8)
const MOST = 60;
const ORDER = ["completed", "running", "preparing", "queued", "canceled", "failed"];

interface Props {
  ws: string;
  filter: string;
  narrow: (fromMs: number, toMs: number) => void;
}

/** Jobs over time by status; a bar narrows the list to its stretch. */
export function TimeBar({ ws, filter, narrow }: Props) {
  const t = useT();
  const place = useRef<HTMLDivElement>(null);
  const [bins, setBins] = useState(0);
  useLayoutEffect(() => {
    const fit = () => {
      const width = place.current?.clientWidth ?? 0;
      setBins(Math.max(1, Math.min(MOST, Math.floor(width / BAR_PX))));
    };
    fit();
    window.addEventListener("resize", fit);
    return () => window.removeEventListener("resize", fit);
  }, []);
  const asked = queries.histogram(ws, filter, bins);
  const { data } = useQuery({ ...asked, retry: false, enabled: bins > 0 });
  if (!data?.first || !data.last) return <div className="timebar" ref={place} />;
  const from = Date.parse(data.first);
  const step = Math.max(1, (Date.parse(data.last) - from + 1) / bins);
  const bars = Array.from({ length: bins }, () => new Map<string, number>());
  for (const bin of data.bins) {
    const bar = bars[bin.index];
    bar?.set(look(bin.state), (bar.get(look(bin.state)) ?? 0) + bin.count);
  }
  const sums = bars.map((bar) => [...bar.values()].reduce((a, b) => a + b, 0));
  const most = Math.max(...sums, 1);
  return (
    <div className="timebar" ref={place} role="group" aria-label={t("jobs.time")}>
      {bars.map((bar, n) => {
        const at = from + n * step;
        return (
          <button
            key={n}
            tabIndex={sums[n] ? 0 : -1}
            disabled={!sums[n]}
            title={`${exactly(new Date(at).toISOString())} · ${sums[n]}`}
            aria-label={t("jobs.bar", {
              count: sums[n] ?? 0,
              from: exactly(new Date(at).toISOString()),
            })}
            onClick={() => narrow(Math.floor(at), Math.ceil(at + step) + 1)}
          >
            {ORDER.filter((kind) => bar.has(kind)).map((kind) => (
              <i key={kind} className={kind} style={{ height: `${((bar.get(kind) ?? 0) / most) * 100}%` }} />
            ))}
          </button>
        );
      })}
    </div>
  );
}
