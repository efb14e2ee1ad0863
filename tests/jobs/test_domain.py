from datetime import datetime, timedelta, timezone

import pytest

from zafiro.computes.backend import Phase, Seen
from zafiro.core.errors import Conflict
from zafiro.jobs.domain import (
    MOVES,
    TERMINAL,
    Failure,
    Job,
    Status,
    ended,
    lost,
    queued,
    reported,
)

AT = datetime(2026, 1, 1, tzinfo=timezone.utc)


def job(status: Status = Status.QUEUED) -> Job:
    return Job(1, "/ws", "guid", "brave_apple_1", "guid/cpu-cluster", status)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_a_finished_job_stays_finished(status: Status) -> None:
    for other in Status:
        if other is not status:
            with pytest.raises(Conflict, match="brave_apple_1"):
                job(status).to(other)
    assert ended(job(status), Status.COMPLETED, AT, 0, None).status is status
    assert reported(job(status), "running", AT, None).status is status


def test_the_phases_of_a_job_follow_each_other_without_gaps() -> None:
    one = queued(job(), AT)
    one = one.to(Status.STARTING).stepped("starting", AT + timedelta(seconds=1))
    for n, phase in enumerate(("environment", "inputs", "running", "finalizing")):
        one = reported(one, phase, AT + timedelta(seconds=2 + n), None)
    one = ended(one, Status.COMPLETED, AT + timedelta(seconds=9), 0, None)
    assert [s.name for s in one.steps] == [
        "queued", "starting", "environment", "inputs", "running", "finalizing",
    ]  # fmt: skip
    assert all(a.ended == b.began for a, b in zip(one.steps, one.steps[1:], strict=False))
    assert one.steps[-1].ended == AT + timedelta(seconds=9)


def test_a_late_report_does_not_turn_a_job_back() -> None:
    running = reported(job(Status.STARTING), "running", AT, None)
    assert reported(running, "environment", AT, None).status is Status.RUNNING


def test_a_wish_to_cancel_stays_a_wish_until_the_end_is_seen() -> None:
    wished = job(Status.RUNNING).to(Status.CANCEL_REQUESTED)
    assert reported(wished, "finalizing", AT, None).status is Status.CANCEL_REQUESTED
    assert ended(wished, Status.COMPLETED, AT, 0, None).status is Status.COMPLETED
    assert ended(wished, Status.CANCELED, AT, None, None).status is Status.CANCELED


def test_a_job_whose_runner_is_gone_fails_with_a_reason() -> None:
    running = job(Status.STARTING).stepped("running", AT)
    gone = lost(running, Seen(Phase.LOST), AT)
    assert gone.status is Status.FAILED
    assert gone.failure is not None and "killed" in gone.failure.message


def test_a_job_that_was_to_be_canceled_and_is_gone_is_canceled() -> None:
    gone = lost(job(Status.CANCEL_REQUESTED), Seen(Phase.LOST), AT)
    assert (gone.status, gone.failure) == (Status.CANCELED, None)


def test_a_job_that_is_still_seen_is_left_alone() -> None:
    assert lost(job(Status.RUNNING), Seen(Phase.RUNNING), AT) == job(Status.RUNNING)


def test_a_failure_without_a_reason_gets_the_exit_code_as_one() -> None:
    failed = ended(job(Status.RUNNING), Status.FAILED, AT, 3, None)
    assert failed.failure == Failure("UserError", "the command ended with exit code 3")


def test_every_status_that_is_not_an_end_can_be_left() -> None:
    assert all(MOVES[status] for status in Status if status not in TERMINAL)
