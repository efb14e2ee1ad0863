import "./files.css";

import { useState } from "react";

import type { File } from "../api/client";
import { useT } from "../i18n";
import { bytes } from "../kit/time";

interface Branch {
  name: string;
  folders: Map<string, Branch>;
  files: File[];
}

/** Files by their folders. */
export function treeOf(files: readonly File[]): Branch {
  const root: Branch = { name: "", folders: new Map(), files: [] };
  for (const file of files) {
    let at = root;
    for (const part of file.path.split("/").slice(0, -1)) {
      let next = at.folders.get(part);
      if (!next) at.folders.set(part, (next = { name: part, folders: new Map(), files: [] }));
      at = next;
    }
    at.files.push(file);
  }
  return root;
}

interface Props {
  files: readonly File[];
  on: string | undefined;
  open: (path: string) => void;
}

/** A tree of which everything is known already. Few files stand open, many folded. */
export function FileTree({ files, on, open }: Props) {
  return <Level branch={treeOf(files)} path="" few={files.length <= 60} on={on} open={open} />;
}

interface LevelProps extends Omit<Props, "files"> {
  branch: Branch;
  path: string;
  few: boolean;
}

function Level({ branch, path, few, on, open }: LevelProps) {
  return (
    <ul>
      {[...branch.folders.values()].map((one) => (
        <Folded key={one.name} branch={one} path={`${path}${one.name}/`} few={few} on={on} open={open} />
      ))}
      {branch.files.map((file) => (
        <li key={file.path}>
          <button
            className={file.path === on ? "file on" : "file"}
            aria-current={file.path === on}
            onClick={() => open(file.path)}
          >
            <bdi>{file.path.split("/").at(-1)}</bdi> <small>{bytes(file.size_bytes)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Folded(props: LevelProps) {
  const [shown, setShown] = useState(props.few || (props.on?.startsWith(props.path) ?? false));
  return (
    <li>
      <button className="file folder" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <span aria-hidden="true">{shown ? "▾" : "▸"}</span> <bdi>{props.branch.name}</bdi>
      </button>
      {shown && <Level {...props} />}
    </li>
  );
}

/** What stands above a file that is shown. */
export function FileHead(props: { path: string; size: number | undefined; url: string; children?: React.ReactNode }) {
  const t = useT();
  return (
    <div className="row wrap file-head">
      <h2>
        <bdi>{props.path}</bdi>
      </h2>
      {props.size !== undefined && <span className="quiet">{bytes(props.size)}</span>}
      <span className="grow" />
      {props.children}
      <a className="button" href={props.url} download>
        {t("download")}
      </a>
    </div>
  );
}
