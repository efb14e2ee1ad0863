import { BeakerRegular } from "@fluentui/react-icons/svg/beaker";
import { BoxRegular } from "@fluentui/react-icons/svg/box";
import { CubeRegular } from "@fluentui/react-icons/svg/cube";
import { DatabaseRegular } from "@fluentui/react-icons/svg/database";
import { HomeRegular } from "@fluentui/react-icons/svg/home";
import { LayerRegular } from "@fluentui/react-icons/svg/layer";
import { PuzzlePieceRegular } from "@fluentui/react-icons/svg/puzzle-piece";
import { ServerRegular } from "@fluentui/react-icons/svg/server";
import type { ComponentType } from "react";

import type { Key } from "../i18n";

export interface Place {
  path: string;
  label: Key;
  icon: ComponentType;
  group: Key | null;
  key: string;
}

/** What the navigation leads to, in its order. */
export const PLACES: readonly Place[] = [
  { path: "home", label: "nav.home", icon: HomeRegular, group: null, key: "h" },
  { path: "jobs", label: "nav.jobs", icon: BeakerRegular, group: "nav.assets", key: "j" },
  { path: "experiments", label: "nav.experiments", icon: LayerRegular, group: "nav.assets", key: "x" },
  { path: "data", label: "nav.data", icon: DatabaseRegular, group: "nav.assets", key: "d" },
  { path: "components", label: "nav.components", icon: PuzzlePieceRegular, group: "nav.assets", key: "o" },
  { path: "environments", label: "nav.environments", icon: BoxRegular, group: "nav.assets", key: "e" },
  { path: "models", label: "nav.models", icon: CubeRegular, group: "nav.assets", key: "m" },
  { path: "compute", label: "nav.compute", icon: ServerRegular, group: "nav.manage", key: "c" },
];
