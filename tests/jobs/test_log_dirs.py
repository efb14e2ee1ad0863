import pytest

from zafiro.jobs import wire


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (None, {}),
        ("logs", {}),
        ("./outputs/tensorboard", {}),
        ("tb", {"board": "tb"}),
        ("./tb/train/", {"board": "tb/train"}),
        ("outputs/../tb", {"board": "tb"}),
        ("/tmp/tb", {"board": None}),
        ("~/tb", {"board": None}),
        ("../tb", {"board": None}),
        ("logs/../..", {"board": None}),
        (".", {"board": None}),
        ("user_logs/tb", {"board": None}),
        ("${{outputs.o}}", {"board": None}),
    ],
)
def test_the_log_dir_of_a_tensorboard_is_kept_when_it_is_below_the_working_directory(
    asked: str | None, kept: dict[str, str | None]
) -> None:
    board = {"jobServiceType": "TensorBoard", "properties": {"logDir": asked} if asked else None}
    job = {
        "jobType": "Command",
        "command": "true",
        "services": {"board": board, "ssh": {"jobServiceType": "SSH"}, "none": None},
    }
    assert wire.log_dirs(wire.command(job)) == kept
