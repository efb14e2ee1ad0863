import { Button } from "@fluentui/react-components";
import { ArrowClockwiseRegular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { Link, useNavigate } from "@tanstack/react-router";

import type { Job } from "../api/client";
import { useT } from "../i18n";
import { useChange } from "../jobs/change";
import { Neighbours } from "../jobs/Neighbours";
import { CopyAs } from "../kit/CopyAs";
import { ended, Status } from "../kit/Status";
import { between, exactly, lasting, useNow, when } from "../kit/time";
import { toast } from "../kit/toasts";
import { Editable } from "./Editable";
import { useEdit, useRerun } from "./edit";
import { Timeline } from "./Timeline";

/** What a job is called, how it stands, and what can be done with it. */
export function Head({ ws, job }: { ws: string; job: Job }) {
  const t = useT();
  const { row } = job;
  const going = !ended(row.state);
  const now = useNow(going);
  const change = useChange(ws);
  const edit = useEdit(ws, row.name);
  const navigate = useNavigate();
  const rerun = useRerun(ws, (name) => {
    void navigate({ to: "/w/$ws/jobs/$name", params: { ws, name } });
    toast(t("job.rerun.done", { name: row.display_name }));
  });
  return (
    <header className="job-head">
      <div className="row wrap">
        <div>
          <Editable
            heading
            text={row.display_name}
            label={t("job.rename")}
            save={(display_name) => edit.mutate({ display_name, tags: {}, remove_tags: {} })}
          />
          <p className="facts">
            <Status state={row.state} />
            {row.began && (going || row.ended) && <span>{lasting(between(row.began, row.ended, now))}</span>}
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
            {job.rerun_of && (
              <Link to="/w/$ws/jobs/$name" params={{ ws, name: job.rerun_of }}>
                {t("job.rerun.of")}
              </Link>
            )}
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
        {job.job && (
          <Button
            icon={<ArrowClockwiseRegular />}
            disabled={rerun.isPending}
            onClick={() => rerun.mutate(row.name)}
          >
            {t("job.rerun")}
          </Button>
        )}
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
