import { Link } from "@tanstack/react-router";

import type { Component as Shape, ComponentPort } from "../api/client";
import { useT } from "../i18n";

/** The ports of a component and what runs in it. */
export default function Component({ ws, component }: { ws: string; component: Shape }) {
  const t = useT();
  const { environment } = component;
  const [name, version] = (environment ?? "").split(":");
  return (
    <>
      <Ports label={t("model.inputs")} ports={component.inputs} />
      <Ports label={t("model.outputs")} ports={component.outputs} />
      <section className="card">
        <h2>{t("component.runs")}</h2>
        <dl className="facts-list">
          {component.command && (
            <div>
              <dt>{t("job.command")}</dt>
              <dd>
                <pre>{component.command}</pre>
              </dd>
            </div>
          )}
          {environment && (
            <div>
              <dt>{t("job.environment")}</dt>
              <dd>
                {component.linked && name && version ? (
                  <Link
                    to="/w/$ws/$kind/$name/$version"
                    params={{ ws, kind: "environments", name, version }}
                  >
                    {environment}
                  </Link>
                ) : (
                  <code>{environment}</code>
                )}
              </dd>
            </div>
          )}
          {component.code && (
            <div>
              <dt>{t("job.code")}</dt>
              <dd>
                <code>{component.code}</code>
              </dd>
            </div>
          )}
        </dl>
      </section>
    </>
  );
}

function Ports({ label, ports }: { label: string; ports: readonly ComponentPort[] }) {
  const t = useT();
  return (
    <section className="card">
      <h2>{label}</h2>
      {ports.length === 0 ? (
        <p className="quiet">{t("component.noports")}</p>
      ) : (
        <div className="scroll-x">
          <table className="plain" aria-label={label}>
            <thead>
              <tr>
                <th>{t("col.name")}</th>
                <th>{t("col.type")}</th>
                <th>{t("component.default")}</th>
                <th>{t("job.description")}</th>
              </tr>
            </thead>
            <tbody>
              {ports.map((port) => (
                <tr key={port.name}>
                  <td>
                    <bdi>{port.name}</bdi>
                  </td>
                  <td>
                    {port.type} {port.mode && <small>{port.mode}</small>}
                  </td>
                  <td>{port.default ?? (port.optional ? t("component.optional") : "")}</td>
                  <td>
                    <bdi>{port.description}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
