import { useDark } from "../app/theme";
import { useT } from "../i18n";
import { shade } from "../kit/colours";
import { value } from "../kit/time";
import type { Dimension } from "./dimension";

interface Props {
  known: ReadonlyMap<string, Dimension>;
  chosen: string | undefined;
  shown: Dimension | undefined;
  set: (id: string | undefined) => void;
}

/** What the colour says, and its scale. */
export function ColourBy({ known, chosen, shown, set }: Props) {
  const t = useT();
  const dark = useDark();
  const stops = [0, 0.25, 0.5, 0.75, 1].map((one) => shade(one, dark)).join(", ");
  return (
    <>
      <label className="row">
        {t("compare.colour")}
        <select value={chosen ?? shown?.id ?? "run"} onChange={(e) => set(e.target.value)}>
          <option value="run">{t("compare.colour.run")}</option>
          {[...known.values()]
            .filter((one) => !one.kinds)
            .map((one) => (
              <option key={one.id} value={one.id}>
                {t(`compare.${one.group}`)}: {one.name}
              </option>
            ))}
        </select>
      </label>
      {shown && (
        <span className="row scale">
          <small>{value(shown.low)}</small>
          <i aria-hidden="true" style={{ background: `linear-gradient(to right, ${stops})` }} />
          <small>{value(shown.high)}</small>
        </span>
      )}
    </>
  );
}
