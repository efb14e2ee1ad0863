import { Link } from "@tanstack/react-router";

import type { Asset, SignatureField } from "../api/client";
import { useT } from "../i18n";
import { Pairs } from "../kit/Pairs";
import { Status } from "../kit/Status";
import { bytes, value } from "../kit/time";

/** What an MLflow model says of itself, and the run it came from. */
export default function Model({ ws, asset }: { ws: string; asset: Asset }) {
  const t = useT();
  const { model, source } = asset;
  return (
    <>
      {source && (
        <section className="card">
          <h2>{t("model.source")}</h2>
          <p className="row wrap">
            <Status state={source.row.state} />
            <Link to="/w/$ws/jobs/$name" params={{ ws, name: source.row.name }}>
              <bdi>{source.row.display_name}</bdi>
            </Link>
            <span className="quiet">{source.row.experiment}</span>
          </p>
          <Pairs
            pairs={Object.fromEntries(
              Object.entries(source.metrics).map(([key, one]) => [key, value(one)]),
            )}
            none={t("model.nometrics")}
            label={t("job.latest")}
          />
          {Object.keys(source.params).length > 0 && (
            <>
              <h2>{t("job.params")}</h2>
              <Pairs pairs={source.params} none="" label={t("job.params")} />
            </>
          )}
        </section>
      )}
      {model?.error && <p className="note">{model.error}</p>}
      {model && !model.error && (
        <>
          <section className="card">
            <h2>{t("model.signature")}</h2>
            {model.signature ? (
              <>
                <Fields label={t("model.inputs")} fields={model.signature.inputs} />
                <Fields label={t("model.outputs")} fields={model.signature.outputs} />
                <Fields label={t("job.params")} fields={model.signature.params} />
              </>
            ) : (
              <p className="quiet">{t("model.nosignature")}</p>
            )}
          </section>
          <section className="card">
            <h2>{t("model.flavors")}</h2>
            <dl className="facts-list">
              {Object.entries(model.flavors ?? {}).map(([flavor, options]) => (
                <div key={flavor}>
                  <dt>{flavor}</dt>
                  <dd>
                    {Object.entries(options)
                      .filter(([key]) => /version|loader|pickle|format/.test(key))
                      .map(([key, text]) => (
                        <div key={key}>
                          <small>{key}</small> {text}
                        </div>
                      ))}
                  </dd>
                </div>
              ))}
              {model.mlflow_version && (
                <div>
                  <dt>MLflow</dt>
                  <dd>{model.mlflow_version}</dd>
                </div>
              )}
              {!!model.size_bytes && (
                <div>
                  <dt>{t("compute.size")}</dt>
                  <dd>{bytes(model.size_bytes)}</dd>
                </div>
              )}
            </dl>
          </section>
          {model.example && (
            <section className="card">
              <h2>{t("model.example")}</h2>
              <pre className="example" tabIndex={0} aria-label={t("model.example")}>
                {model.example}
              </pre>
            </section>
          )}
        </>
      )}
    </>
  );
}

function Fields({ label, fields }: { label: string; fields: readonly SignatureField[] }) {
  const t = useT();
  if (fields.length === 0) return null;
  return (
    <table className="plain pairs" aria-label={label}>
      <caption>{label}</caption>
      <tbody>
        {fields.map((one, n) => (
          <tr key={n}>
            <th scope="row">
              <bdi>{one.name}</bdi> {one.optional && <small>{t("component.optional")}</small>}
            </th>
            <td>
              <code>{one.type}</code>
              {one.default != null && <small> = {one.default}</small>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
