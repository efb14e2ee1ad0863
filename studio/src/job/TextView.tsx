import { Button } from "@fluentui/react-components";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import * as queries from "../api/queries";
import { useT } from "../i18n";
import { later } from "../kit/later";
import { Loading, Problem } from "../kit/states";
import { bytes } from "../kit/time";
import { FileHead } from "./Files";

const Code = later(() => import("../kit/Code"));
const LANGUAGES: readonly [RegExp, string][] = [
  [/\.(py|pyi|ipynb)$/i, "python"],
  [/\.(ya?ml)$/i, "yaml"],
  [/\.json$/i, "yaml"], // JSON is YAML, near enough for colours
];

interface Props {
  ws: string;
  job: string;
  path: string;
  of: "files" | "code";
  children?: ReactNode;
}

/** Text in the colours of its language, 256 KB at a time. */
export function TextView({ ws, job, path, of, children }: Props) {
  const t = useT();
  const pretty = of === "files" && /\.json$/i.test(path);
  const asked = useInfiniteQuery(queries.text(ws, job, path, of, pretty));
  const { data, error } = asked;
  const url = of === "code" ? queries.codeUrl(ws, job, path) : queries.rawUrl(ws, job, path, true);
  const size = data?.pages[0]?.size_bytes;
  const binary = data?.pages.some((page) => page.text === null) ?? false;
  const language = LANGUAGES.find(([pattern]) => pattern.test(path))?.[1] ?? "";
  const long = (data?.pages.length ?? 0) > 1;
  return (
    <>
      <FileHead path={path} size={size} url={url}>
        {children}
      </FileHead>
      {error && !data ? (
        <Problem error={error} retry={() => void asked.refetch()} />
      ) : !data ? (
        <Loading />
      ) : binary ? (
        <p className="quiet">{t("file.binary")}</p>
      ) : (
        <>
          <Code
            text={data.pages.map((page) => page.text).join("")}
            language={long ? "" : language}
            label={path}
          />
          {asked.hasNextPage && (
            <p className="row wrap">
              <Button disabled={asked.isFetching} onClick={() => void asked.fetchNextPage()}>
                {t("file.more")}
              </Button>
              <span className="quiet">
                {t("file.part", { shown: bytes(data.pages.length * queries.TEXT_PART) })}
              </span>
            </p>
          )}
        </>
      )}
    </>
  );
}
