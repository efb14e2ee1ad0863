import { Button, Tab, TabList } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import type { Job } from "../api/client";
import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import { useT } from "../i18n";
import { useChange } from "../jobs/change";
import { Neighbours } from "../jobs/Neighbours";
import { CopyAs } from "../kit/CopyAs";
import { RunTable } from "../kit/RunTable";
import { ended, Status } from "../kit/Status";
import { Loading, Problem } from "../kit/states";
import { between, exactly, lasting, useNow, when } from "../kit/time";
import { useTitle } from "../kit/title";
import { Overview } from "./Overview";
import { isSystem } from "./smooth";
import { Timeline } from "./Timeline";

const Metrics = lazy(() => import("./Metrics"));
const Outputs = lazy(() => import("./Outputs"));

const TABS = ["overview", "metrics", "outputs", "monitoring", "children"] as const;
type TabName = (typeof TABS)[number];

export function JobPage() {
  const t = useT();
  const { ws, name } = useParams({ from: "/w/$ws/jobs/$name" });
  const search = useSearch({ from: "/w/$ws/jobs/$name" });
  const navigate = useNavigate({ from: "/w/$ws/jobs/$name" });
  const { data: job, error, refetch } = useQuery(queries.job(ws, name));
  const tab: TabName = TABS.find((one) => one === search.tab) ?? "overview";
  const go = (next: string) =>
    void navigate({ search: (now) => ({ ...now, tab: next === "overview" ? undefined : next }) });
  useTitle(job?.row.display_name ?? name);
  useKeys({
    ...Object.fromEntries(TABS.map((one, n) => [String(n + 1), () => go(one)])),
    e: () => {
      const why = job?.row.why;
      if (why?.log)
        void navigate({
          search: (now) => ({ ...now, tab: "outputs", log: why.log!, line: why.line ?? undefined }),
        });
    },
  });
  if (error && !job) return <Problem error={error} retry={() => void refetch()} />;
  if (!job) return <Loading rows={10} />;
  const system = job.metrics.filter((one) => isSystem(one.key)).length;
  return (
    <>
      <Head ws={ws} job={job} />
      <TabList
        selectedValue={tab}
        onTabSelect={(_, { value }) => go(String(value))}
        aria-label={t("job.tabs")}
      >
        <Tab value="overview">{t("job.overview")}</Tab>
        <Tab value="metrics">{t("job.metrics", { count: job.metrics.length - system })}</Tab>
        <Tab value="outputs">{t("job.outputs")}</Tab>
        {(system > 0 || tab === "monitoring") && (
          <Tab value="monitoring">{t("job.monitoring")}</Tab>
        )}
        {(job.children.length > 0 || tab === "children") && (
          <Tab value="children">{t("job.children", { count: job.children.length })}</Tab>
        )}
      </TabList>
      <div role="tabpanel" className="tabpanel">
        <Suspense fallback={<Loading />}>
          {tab === "overview" && <Overview ws={ws} job={job} />}
          {tab === "metrics" && <Metrics ws={ws} job={job} />}
          {tab === "monitoring" && <Metrics ws={ws} job={job} system />}
          {tab === "outputs" && <Outputs ws={ws} job={job} />}
          {tab === "children" && (
            <section className="card">
              <RunTable ws={ws} rows={job.children} label={t("job.children", { count: 0 })} />
            </section>
          )}
        </Suspense>
      </div>
    </>
  );
}

function Head({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const { row } = job;
  const going = !ended(row.state);
  const now = useNow(going);
  const change = useChange(ws);
  return (
    <header className="job-head">
      <div className="row wrap">
        <div>
          <h1>
            <bdi>{row.display_name}</bdi>
          </h1>
          <p className="facts">
            <Status state={row.state} />
            {row.began && <span>{lasting(between(row.began, row.ended, now))}</span>}
            <Link
              to="/w/$ws/jobs"
              params={{ ws }}
              search={{ filter: `experiment:${JSON.stringify(row.experiment)}` }}
            >
              <bdi>{row.experiment}</bdi>
            </Link>
            <span>{row.type}</span>
            {row.compute && <span>{row.compute}</span>}
            <span>{row.user}</span>
            <span title={exactly(row.created)}>{when(row.created)}</span>
            {row.archived && <b>{t("job.archived")}</b>}
            {job.parent && (
              <Link to="/w/$ws/jobs/$name" params={{ ws, name: job.parent }}>
                {t("job.parent")}
              </Link>
            )}
          </p>
        </div>
        <span className="grow" />
        <Neighbours ws={ws} name={row.name} />
        <CopyAs ws={ws} kind="jobs" name={row.name} />
        <Button
          onClick={() =>
            change.mutate({ verb: row.archived ? "restore" : "archive", names: [row.name] })
          }
        >
          {row.archived ? t("jobs.restore") : t("jobs.archive")}
        </Button>
        {going && job.job && (
          <Button
            appearance="primary"
            disabled={row.state === "CancelRequested" || change.isPending}
            onClick={() => change.mutate({ verb: "cancel", names: [row.name] })}
          >
            {t("job.cancel")}
          </Button>
        )}
      </div>
      <Timeline steps={job.steps} state={row.state} now={now} />
    </header>
  );
}
