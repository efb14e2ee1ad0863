import { Tab, TabList } from "@fluentui/react-components";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import type { Job } from "../api/client";
import * as queries from "../api/queries";
import { useKeys } from "../app/keys";
import type { JobSearch } from "../app/router";
import { useT } from "../i18n";
import { later } from "../kit/later";
import { RunTable } from "../kit/RunTable";
import { Loading, Problem } from "../kit/states";
import { useTitle } from "../kit/title";
import { Head } from "./Head";
import { Overview } from "./Overview";
import { isSystem } from "./smooth";

const metrics = () => import("./Metrics");
const Metrics = later(metrics);
const Lineage = later(() => import("../assets/Lineage"));
const Images = later(() => import("./Images"));
const Outputs = later(() => import("./Outputs"));
const CodeTab = later(() => import("./CodeTab"));

const TABS = [
  "overview",
  "metrics",
  "images",
  "outputs",
  "code",
  "monitoring",
  "children",
  "lineage",
] as const;
type TabName = (typeof TABS)[number];

interface Ready {
  client: QueryClient;
  ws: string;
  job: Job;
  search: JobSearch;
  panel: number;
}

const charts = (system: boolean) => async (ready: Ready) => {
  await Metrics.preload();
  const { prefetch } = await metrics();
  const { client, ws, job, search, panel } = ready;
  prefetch(client, ws, job, search, system, panel);
};

/** What a tab needs to be there at once: its code and its first data. */
const PREPARE: Partial<Record<TabName, (ready: Ready) => Promise<unknown>>> = {
  metrics: charts(false),
  monitoring: charts(true),
  images: async ({ client, ws, job }) => {
    await Images.preload();
    await client.prefetchQuery(queries.images(ws, job.row.name));
  },
  code: async ({ client, ws, job }) => {
    await CodeTab.preload();
    await client.prefetchQuery(queries.code(ws, job.row.name));
  },
  outputs: async ({ client, ws, job }) => {
    await Outputs.preload();
    await client.prefetchQuery(queries.files(ws, job.row.name, ""));
  },
};
const CODE: Partial<Record<TabName, { preload: () => Promise<void> }>> = {
  metrics: Metrics,
  monitoring: Metrics,
  images: Images,
  outputs: Outputs,
  code: CodeTab,
};

export function JobPage() {
  const t = useT();
  const { ws, name } = useParams({ from: "/w/$ws/jobs/$name" });
  const search = useSearch({ from: "/w/$ws/jobs/$name" });
  const navigate = useNavigate({ from: "/w/$ws/jobs/$name" });
  const { data: job, error, refetch } = useQuery(queries.job(ws, name));
  const panel = useRef<HTMLDivElement>(null);
  const tab: TabName = TABS.find((one) => one === search.tab) ?? "overview";
  const tabs = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In a narrow window they do not all fit.
    tabs.current
      ?.querySelector('[aria-selected="true"]')
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [tab, job === undefined]); // eslint-disable-line
  const prepare = usePrepare(ws, job, search, tab, panel);
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
  const soon = (of: TabName) => ({
    value: of,
    onPointerEnter: () => prepare(of),
    onPointerDown: () => prepare(of),
    onFocus: () => prepare(of),
  });
  return (
    <>
      <Head ws={ws} job={job} />
      <TabList
        ref={tabs}
        className="tabs"
        selectedValue={tab}
        onTabSelect={(_, { value }) => go(String(value))}
        aria-label={t("job.tabs")}
      >
        <Tab {...soon("overview")}>{t("job.overview")}</Tab>
        <Tab {...soon("metrics")}>{t("job.metrics", { count: job.metrics.length - system })}</Tab>
        <Tab {...soon("images")}>{t("job.images")}</Tab>
        <Tab {...soon("outputs")}>{t("job.outputs")}</Tab>
        <Tab {...soon("code")}>{t("job.code")}</Tab>
        {(system > 0 || tab === "monitoring") && (
          <Tab {...soon("monitoring")}>{t("job.monitoring")}</Tab>
        )}
        {(job.children.length > 0 || tab === "children") && (
          <Tab {...soon("children")}>{t("job.children", { count: job.children.length })}</Tab>
        )}
        <Tab {...soon("lineage")}>{t("lineage.title")}</Tab>
      </TabList>
      <div role="tabpanel" className="tabpanel" ref={panel}>
        {tab === "overview" && <Overview ws={ws} job={job} />}
        {tab === "metrics" && <Metrics ws={ws} job={job} />}
        {tab === "monitoring" && <Metrics ws={ws} job={job} system />}
        {tab === "lineage" && <Lineage ws={ws} kind="jobs" name={job.row.name} version="" />}
        {tab === "images" && <Images ws={ws} job={job} />}
        {tab === "code" && <CodeTab ws={ws} job={job} />}
        {tab === "outputs" && <Outputs ws={ws} job={job} />}
        {tab === "children" && (
          <section className="card">
            <RunTable ws={ws} rows={job.children} label={t("job.children", { count: 0 })} />
          </section>
        )}
      </div>
    </>
  );
}

const IDLE: readonly TabName[] = ["metrics", "outputs"];

/** Returns what has a tab prepared. While nothing else is to be done the usual ones are. */
function usePrepare(
  ws: string,
  job: Job | undefined,
  search: JobSearch,
  tab: TabName,
  panel: React.RefObject<HTMLDivElement | null>,
) {
  const client = useQueryClient();
  const prepare = (of: TabName) => {
    const width = panel.current?.clientWidth;
    if (job && width)
      PREPARE[of]?.({ client, ws, job, search, panel: width }).catch(() => undefined); // said when it is opened
  };
  const latest = useRef(prepare);
  useEffect(() => {
    latest.current = prepare;
  });
  // With a link to a tab its code comes beside the job, not after it.
  useEffect(() => void CODE[tab]?.preload().catch(() => undefined), []); // eslint-disable-line
  const name = job?.row.name;
  useEffect(() => {
    if (!name) return;
    const all = () => {
      for (const of of IDLE) latest.current(of);
    };
    if (typeof requestIdleCallback === "undefined") {
      const timer = setTimeout(all, 300);
      return () => clearTimeout(timer);
    }
    const asked = requestIdleCallback(all, { timeout: 1000 });
    return () => cancelIdleCallback(asked);
  }, [name]);
  return prepare;
}
