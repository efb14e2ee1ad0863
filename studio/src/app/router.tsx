import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";

import * as queries from "../api/queries";
import { compareSearch, namesOf } from "../compare/search";
import { experimentSearch, experimentsSearch } from "../experiments/search";
import { KEPT, type Search as ListSearch } from "../jobs/state";
import { NotHere } from "../kit/states";
import { Failed } from "./Failed";
import { Shell } from "./Shell";

interface Context {
  client: QueryClient;
}

/** Text of the URL as text: what looks like a number in it was written by people too. */
const text = (value: unknown): string | undefined =>
  value === undefined || value === null || value === "" ? undefined : String(value);

type Search = Record<string, unknown>;

export interface SignInSearch {
  next?: string;
  token?: string;
}
export type JobsSearch = ListSearch;
export interface JobSearch {
  tab?: string;
  log?: string;
  line?: number;
  x?: "time";
  y?: "log";
  smooth?: number;
  zoom?: string;
  metric?: string;
  closed?: string;
  chart?: string;
  image?: string;
  frame?: number;
  scale?: number;
  file?: string;
  as?: "text";
}
export interface AssetsSearch {
  q?: string;
  archived?: true;
}
export interface AssetSearch {
  tab?: string;
  path?: string;
  a?: string;
  b?: string;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotHere });

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context }) => {
    const session = await context.client.ensureQueryData(queries.session());
    const kept = localStorage.getItem("zafiro.workspace");
    const found = session.workspaces.find((one) => one.path === kept) ?? session.workspaces[0];
    if (found) throw redirect({ to: "/w/$ws/home", params: { ws: found.path } });
  },
  component: NotHere,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (s: Search): SignInSearch => ({ ...s, next: text(s.next), token: text(s.token) }),
  component: lazyRouteComponent(() => import("./SignIn"), "SignIn"),
});

const workspace = createRoute({
  getParentRoute: () => root,
  path: "/w/$ws",
  component: Shell,
  notFoundComponent: NotHere,
});

const toHome = createRoute({
  getParentRoute: () => workspace,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/w/$ws/home", params });
  },
});

const home = createRoute({
  getParentRoute: () => workspace,
  path: "/home",
  loader: ({ context, params }) => void context.client.prefetchQuery(queries.home(params.ws)),
  component: lazyRouteComponent(() => import("../home/Home"), "Home"),
});

const jobs = createRoute({
  getParentRoute: () => workspace,
  path: "/jobs",
  // "" is said too: that something of a view does not hold.
  validateSearch: (s: Search): JobsSearch => ({
    ...s,
    ...Object.fromEntries(
      [...KEPT, "view"].map((part) => [part, s[part] == null ? undefined : String(s[part])]),
    ),
  }),
  component: lazyRouteComponent(() => import("../jobs/JobsPage"), "JobsPage"),
});

const job = createRoute({
  getParentRoute: () => workspace,
  path: "/jobs/$name",
  validateSearch: (s: Search): JobSearch => ({
    ...s,
    tab: text(s.tab),
    log: text(s.log),
    line: Number(s.line) > 0 ? Number(s.line) : undefined,
    x: s.x === "time" ? ("time" as const) : undefined,
    y: s.y === "log" ? ("log" as const) : undefined,
    smooth: Number(s.smooth) > 0 ? Math.min(0.99, Number(s.smooth)) : undefined,
    zoom: text(s.zoom),
    metric: text(s.metric),
    closed: text(s.closed),
    chart: text(s.chart),
    image: text(s.image),
    frame: Number(s.frame) >= 0 && text(s.frame) ? Number(s.frame) : undefined,
    scale: [1, 2, 4, 8].includes(Number(s.scale)) ? Number(s.scale) : undefined,
    file: text(s.file),
    as: s.as === "text" ? ("text" as const) : undefined,
  }),
  loader: ({ context, params }) =>
    void context.client.prefetchQuery(queries.job(params.ws, params.name)),
  component: lazyRouteComponent(() => import("../job/JobPage"), "JobPage"),
});

const experiments = createRoute({
  getParentRoute: () => workspace,
  path: "/experiments",
  validateSearch: experimentsSearch,
  component: lazyRouteComponent(() => import("../experiments/Experiments"), "Experiments"),
});

const experiment = createRoute({
  getParentRoute: () => workspace,
  path: "/experiments/$name",
  validateSearch: experimentSearch,
  component: lazyRouteComponent(() => import("../experiments/Experiment"), "Experiment"),
});

const compare = createRoute({
  getParentRoute: () => workspace,
  path: "/compare",
  validateSearch: compareSearch,
  loaderDeps: ({ search }) => ({ runs: search.runs }),
  loader: ({ context, params, deps }) => {
    const names = namesOf(deps.runs);
    if (names.length > 0) void context.client.prefetchQuery(queries.comparison(params.ws, names));
  },
  component: lazyRouteComponent(() => import("../compare/Compare"), "Compare"),
});

const assets = createRoute({
  getParentRoute: () => workspace,
  path: "/$kind",
  validateSearch: (s: Search): AssetsSearch => ({
    ...s,
    q: text(s.q),
    archived: s.archived === true || s.archived === "true" || undefined,
  }),
  component: lazyRouteComponent(() => import("../assets/Assets"), "Assets"),
});

const asset = createRoute({
  getParentRoute: () => workspace,
  path: "/$kind/$name/$version",
  validateSearch: (s: Search): AssetSearch => ({
    ...s,
    tab: text(s.tab),
    path: text(s.path),
    a: text(s.a),
    b: text(s.b),
  }),
  component: lazyRouteComponent(() => import("../assets/Asset"), "Asset"),
});

const newest = createRoute({
  getParentRoute: () => workspace,
  path: "/$kind/$name",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/w/$ws/$kind/$name/$version", params: { ...params, version: "latest" } });
  },
});

const computes = createRoute({
  getParentRoute: () => workspace,
  path: "/compute",
  component: lazyRouteComponent(() => import("../computes/Computes"), "Computes"),
});

const compute = createRoute({
  getParentRoute: () => workspace,
  path: "/compute/$name",
  component: lazyRouteComponent(() => import("../computes/Compute"), "Compute"),
});

const tree = root.addChildren([
  index,
  signIn,
  workspace.addChildren([
    toHome,
    home,
    jobs,
    job,
    experiments,
    experiment,
    compare,
    computes,
    compute,
    assets,
    newest,
    asset,
  ]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: "/studio",
    context: { client },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: Failed,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
