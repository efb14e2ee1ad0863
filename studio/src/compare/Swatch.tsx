import { createContext, useContext } from "react";

import { useDark } from "../app/theme";
import { DASHES, ON_DARK, ON_LIGHT, type Stroke } from "../kit/colours";

/** The strokes of the runs that are compared, by their names. */
export const Strokes = createContext<ReadonlyMap<string, Stroke>>(new Map());

/** How a run is drawn, as a short piece of its line. */
export function Swatch({ run }: { run: string }) {
  const stroke = useContext(Strokes).get(run) ?? { colour: 0, dash: 0 };
  const colours = useDark() ? ON_DARK : ON_LIGHT;
  return (
    <svg className="swatch" width="22" height="8" aria-hidden="true">
      <line
        x1="0"
        x2="22"
        y1="4"
        y2="4"
        stroke={colours[stroke.colour]}
        strokeWidth="3"
        strokeDasharray={DASHES[stroke.dash]?.join(" ")}
      />
    </svg>
  );
}

/** A bar in the colour of the run, between two shares of its room in percent. */
export function Bar({ run, from, to }: { run: string; from: number; to: number }) {
  const stroke = useContext(Strokes).get(run) ?? { colour: 0, dash: 0 };
  const colours = useDark() ? ON_DARK : ON_LIGHT;
  const style = { left: `${from}%`, width: `${Math.max(0.5, to - from)}%`, background: colours[stroke.colour] };
  return (
    <span className="bar" aria-hidden="true">
      <i style={style} />
    </span>
  );
}
