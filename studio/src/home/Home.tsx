import { Button } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";

import { api, type Home as Shown, take } from "../api/client";
import * as queries from "../api/queries";
import { useT } from "../i18n";
import { RunTable } from "../kit/RunTable";
import { Status } from "../kit/Status";
import { Empty, Loading, Problem } from "../kit/states";
import { number } from "../kit/time";
import { useTitle } from "../kit/title";
import { toast } from "../kit/toasts";

const FIRST_JOB = `from azure.ai.ml import MLClient, command
from azure.identity import DefaultAzureCredential

ml = MLClient.from_config(DefaultAzureCredential())
job = ml.jobs.create_or_update(command(
    command="python --version",
    environment="azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
))
ml.jobs.stream(job.name)`;

export function Home() {
  const t = useT();
  const { ws } = useParams({ from: "/w/$ws/home" });
  const { data, error, refetch } = useQuery(queries.home(ws));
  useTitle(t("nav.home"));
  if (error && !data) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Loading rows={8} />;
  if (data.recent.length === 0)
    return (
      <Empty title={t("home.empty")}>
        <Sample ws={ws} />
        <p>{t("home.first")}</p>
        <pre>{FIRST_JOB}</pre>
        <p>{t("home.env")}</p>
        <pre>{'eval "$(zafiro env)"\nzafiro init'}</pre>
      </Empty>
    );
  return (
    <>
      <h1>{t("home.title")}</h1>
      <Counts ws={ws} home={data} />
      <div className="columns">
        <section className="card">
          <h2>{t("home.recent")}</h2>
          <RunTable ws={ws} rows={data.recent} label={t("home.recent")} />
          <p>
            <Link to="/w/$ws/jobs" params={{ ws }}>
              {t("home.all")}
            </Link>
          </p>
        </section>
        <div>
          <section className="card">
            <h2>{t("home.needs")}</h2>
            {data.failures.length === 0 && <p className="quiet">{t("home.fine")}</p>}
            <ul className="list">
              {data.failures.map((group) => (
                <li key={group.example}>
                  <b>{t("home.failed", { count: group.count })}</b>{" "}
                  <Link to="/w/$ws/jobs/$name" params={{ ws, name: group.example }}>
                    <bdi>{group.text}</bdi>
                  </Link>
                </li>
              ))}
            </ul>
          </section>
          <section className="card">
            <h2>{t("nav.compute")}</h2>
            <p>{t("home.slots", { used: data.slots_used, slots: data.slots })}</p>
            <ul className="list">
              {data.computes.map((one) => (
                <li key={one.name}>
                  <Link to="/w/$ws/compute/$name" params={{ ws, name: one.name }}>
                    {one.name}
                  </Link>{" "}
                  <span className="quiet">
                    {t("home.nodes", { running: one.running, most: one.max_nodes ?? "∞" })}
                    {one.queued > 0 && ` · ${t("home.queued", { count: one.queued })}`}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        </div>
      </div>
    </>
  );
}

function Sample({ ws }: { ws: string }) {
  const t = useT();
  const navigate = useNavigate();
  const send = useMutation({
    mutationFn: () =>
      take(api.POST("/w/{workspace}/sample", { params: { path: { workspace: ws } } })),
    onSuccess: ({ name }) => void navigate({ to: "/w/$ws/jobs/$name", params: { ws, name } }),
    onError: (error) => toast(error.message),
  });
  return (
    <>
      <Button appearance="primary" disabled={send.isPending} onClick={() => send.mutate()}>
        {t("home.sample")}
      </Button>
      <p className="quiet">{t("home.sample.what")}</p>
    </>
  );
}

const CARDS = [
  ["Running", ["Running", "Finalizing"], "status:running status:finalizing"],
  ["Queued", ["Queued", "NotStarted"], "status:queued status:notstarted"],
  [
    "Preparing",
    ["Preparing", "Starting", "Provisioning"],
    "status:preparing status:starting status:provisioning",
  ],
  ["Failed", ["Failed"], "status:failed age<1d"],
  ["Completed", ["Completed"], "status:completed age<1d"],
] as const;

function Counts({ ws, home }: { ws: string; home: Shown }) {
  const t = useT();
  return (
    <div className="counts">
      {CARDS.map(([state, states, filter]) => {
        const count = states.reduce((sum, one) => sum + (home.counts[one] ?? 0), 0);
        const day = state === "Failed" || state === "Completed";
        return (
          <Link key={state} to="/w/$ws/jobs" params={{ ws }} search={{ filter }} className="card">
            <b>{number(count)}</b>
            <Status state={state} /> {day && <small>{t("home.day")}</small>}
          </Link>
        );
      })}
    </div>
  );
}
