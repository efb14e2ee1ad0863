"""A disk that is full: jobs say so, and the server goes on once there is space again."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.ai.ml import Input, Output
from azure.core.exceptions import HttpResponseError

from clients.azure_ai_ml.jobs_client import ended, failure, pointed_at, submit
from zafiro.testing import live
from zafiro.testing.live import Live

MB = 1 << 20


@pytest.fixture
def small(pointed: Live, tmp_path: Path) -> Iterator[Live]:
    """A server in a home of 256 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(disk)]
    if os.getuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    running = live.up(disk / "home")
    yield running
    live.down(running.home)
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_job_says_that_the_disk_is_full_and_the_next_one_runs(
    small: Live, tmp_path: Path
) -> None:
    (tmp_path / "data.bin").write_bytes(os.urandom(8 * MB))
    data = Input(type="uri_file", path=str(tmp_path / "data.bin"), mode="download")
    ballast = small.home.parent / "ballast"
    with pointed_at(small) as ml:
        first = submit(ml, "wc -c ${{inputs.d}}", inputs={"d": data})
        assert ended(ml, first.name).status == "Completed"

        fill(ballast, leave=4 * MB)
        second = submit(ml, "wc -c ${{inputs.d}}", inputs={"d": data})
        said = failure(ml, second.name)
        assert "the disk is full" in said and "data.bin" in said
        assert "free some space and submit the job again" in said
        third = submit(
            ml,
            "head -c 8000000 /dev/zero > ${{outputs.o}}/x",
            outputs={"o": Output(type="uri_folder")},
        )
        assert "No space left on device" in failure(ml, third.name)

        fill(ballast, leave=0)
        with pytest.raises(HttpResponseError, match="the disk of the server is full"):
            submit(ml, "true")

        ballast.unlink()
        fourth = submit(ml, "wc -c ${{inputs.d}}", inputs={"d": data})
        assert ended(ml, fourth.name).status == "Completed"


def fill(path: Path, *, leave: int) -> None:
    """Add to a file until so many bytes are free."""
    disk = os.statvfs(path.parent)
    with path.open("ab") as file:
        left = disk.f_bavail * disk.f_frsize - leave
        while left > 0:
            left -= file.write(bytes(min(MB, left)))
