import type { Asset } from "../api/client";
import { useT } from "../i18n";

// As the server writes YAML: what stands before the first colon of a line is a name.
const NAME = /^(\s*(?:- )*)([\w.$/-][^:'"]*|'[^']*'|"[^"]*")(:(?: .*)?)$/;

/** The resource as YAML: plain text, so that the browser's own search finds all of it. */
export default function Definition({ asset }: { asset: Asset }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t("assets.definition")}</h2>
      <pre className="yaml" tabIndex={0} role="region" aria-label={t("assets.definition")}>
        {asset.definition.split("\n").map((line, n) => {
          const [, before, name, after] = NAME.exec(line) ?? [];
          return (
            <span key={n}>
              {name === undefined ? (
                line
              ) : (
                <>
                  {before}
                  <b>{name}</b>
                  {after}
                </>
              )}
              {"\n"}
            </span>
          );
        })}
      </pre>
    </section>
  );
}
