import { useQuery } from "@tanstack/react-query";

import * as queries from "../api/queries";
import { useT } from "../i18n";
import { look } from "../kit/Status";
import { exactly } from "../kit/time";

const BINS = 60;
const ORDER = ["completed", "running", "preparing", "queued", "canceled", "failed"];

interface Props {
  ws: string;
  filter: string;
  narrow: (fromMs: number, toMs: number) => void;
}

/** Jobs over time by status; a bar narrows the list to its stretch. */
export function TimeBar({ ws, filter, narrow }: Props) {
  const t = useT();
  const { data } = useQuery({ ...queries.histogram(ws, filter, BINS), retry: false });
  if (!data?.first || !data.last) return <div className="timebar" />;
  const from = Date.parse(data.first);
  const step = Math.max(1, (Date.parse(data.last) - from + 1) / BINS);
  const bars = Array.from({ length: BINS }, () => new Map<string, number>());
  for (const bin of data.bins) {
    const bar = bars[bin.index];
    bar?.set(look(bin.state), (bar.get(look(bin.state)) ?? 0) + bin.count);
  }
  const sums = bars.map((bar) => [...bar.values()].reduce((a, b) => a + b, 0));
  const most = Math.max(...sums, 1);
  return (
    <div className="timebar" role="group" aria-label={t("jobs.time")}>
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
