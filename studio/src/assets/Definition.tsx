import type { Asset } from "../api/client";
import { useT } from "../i18n";
import Code from "../kit/Code";

export default function Definition({ asset }: { asset: Asset }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{t("assets.definition")}</h2>
      <Code text={asset.definition} language="yaml" label={t("assets.definition")} />
    </section>
  );
}
