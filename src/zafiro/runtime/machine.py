"""What /proc says of this node and of the job's processes on it, in MLflow's names and units.

Source of names, units and meanings: mlflow 3.17, mlflow/system_metrics/metrics, and what psutil
7.2 computes for them. The names that begin with `job_` are ours: MLflow has none.
"""

from __future__ import annotations

import os
import resource
import time

from . import tree

_MB = 1e6
_WORDS = {"read_bytes": "job_disk_read_megabytes", "write_bytes": "job_disk_write_megabytes"}


class Node:
    """The whole machine. A reading covers the time since the one before; () of what is not there.

    cpu_utilization_percentage           of all cores, waiting for disks counted as idle
    system_memory_usage_megabytes, system_memory_usage_percentage
    disk_usage_percentage, disk_usage_megabytes, disk_available_megabytes   of the root file system
    network_receive_megabytes, network_transmit_megabytes   since the beginning, all interfaces
    """

    def __init__(self) -> None:
        self._cpu, self._network = _cpu_ticks(), _network_bytes()

    def read(self) -> dict[str, float]:
        found: dict[str, float] = {}
        cpu, network = _cpu_ticks(), _network_bytes()
        if cpu and self._cpu:
            spent = cpu[1] - self._cpu[1]
            busy = 100.0 * (cpu[0] - self._cpu[0]) / spent if spent > 0 else 0.0
            found["cpu_utilization_percentage"] = round(min(100.0, max(0.0, busy)), 1)
            self._cpu = cpu
        found.update(_memory())
        found.update(_disk())
        if network and self._network:
            for at, name in enumerate(("receive", "transmit")):
                spent = (network[at] - self._network[at]) / _MB
                found[f"network_{name}_megabytes"] = max(0.0, spent)
        return found


class Processes:
    """The job's processes: the command's tree and all that carry the job's cookie.

    job_cpu_utilization_percentage   of all cores of the node, as the node's own
    job_memory_usage_megabytes       resident; pages that processes share are counted in each
    job_processes                    how many there are
    job_disk_read_megabytes, job_disk_write_megabytes   at the disks, since the beginning
    """

    def __init__(self, cookie: str) -> None:
        self._cookie, self._at = cookie, time.monotonic()
        # Of processes that are over the kernel hands the sums to who waited for them: in the end
        # to us. So what they used before they were over is never lost.
        self._cpu_s = self._cpu_before = _reaped_cpu_s()
        self._io = self._io_before = _io("self")
        self._cores = os.cpu_count() or 1

    def read(self) -> dict[str, float]:
        now, cpu_s, io = time.monotonic(), _reaped_cpu_s(), _io("self")
        resident, count = 0.0, 0
        for pid in tree.members(self._cookie):
            try:
                used_s, pages = _of_process(pid)
            except (OSError, ValueError, IndexError):  # over meanwhile
                continue
            cpu_s += used_s
            resident += pages
            count += 1
            for word, size in _io(str(pid)).items():
                io[word] = io.get(word, 0.0) + size
        cpu_s = max(self._cpu_s, cpu_s)  # what a process used between its end and our wait
        spent_s = max(now - self._at, 1e-3) * self._cores
        busy = 100.0 * (cpu_s - self._cpu_s) / spent_s
        self._at, self._cpu_s = now, cpu_s
        self._io = {word: max(size, self._io.get(word, 0.0)) for word, size in io.items()}
        found = {"job_cpu_utilization_percentage": round(min(100.0, busy), 1)}
        for word, size in self._io.items():
            found[_WORDS[word]] = (size - self._io_before.get(word, 0.0)) / _MB
        if count:  # after the end there is no memory to speak of
            found["job_memory_usage_megabytes"] = round(resident * _page_bytes() / _MB, 1)
            found["job_processes"] = float(count)
        return found

    def memory(self) -> dict[str, float]:
        """Only what can be seen of living processes."""
        found = [pages for pid in tree.members(self._cookie) for pages in _pages(pid)]
        if not found:
            return {}
        return {
            "job_memory_usage_megabytes": round(sum(found) * _page_bytes() / _MB, 1),
            "job_processes": float(len(found)),
        }


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().splitlines()
    except OSError:  # no Linux
        return []


def _cpu_ticks() -> tuple[float, float] | None:
    """(busy, all) since the machine began. Guests are in `user` already."""
    for line in _lines("/proc/stat")[:1]:
        ticks = [float(word) for word in line.split()[1:9]]
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks)
    return None


def _memory() -> dict[str, float]:
    kept = {}
    for line in _lines("/proc/meminfo"):
        name, _, value = line.partition(":")
        kept[name] = float(value.split()[0]) * 1024
    if not kept.get("MemTotal"):
        return {}
    used = kept["MemTotal"] - kept.get("MemAvailable", kept.get("MemFree", 0.0))
    return {
        "system_memory_usage_megabytes": round(used / _MB, 1),
        "system_memory_usage_percentage": round(100.0 * used / kept["MemTotal"], 1),
    }


def _disk() -> dict[str, float]:
    try:
        said = os.statvfs("/")
    except OSError:
        return {}
    used = (said.f_blocks - said.f_bfree) * said.f_frsize
    free = said.f_bavail * said.f_frsize  # what those without privileges may still write
    return {
        "disk_usage_percentage": round(100.0 * used / (used + free), 1) if used + free else 0.0,
        "disk_usage_megabytes": round(used / _MB, 1),
        "disk_available_megabytes": round(free / _MB, 1),
    }


def _network_bytes() -> tuple[float, float] | None:
    """(received, sent) of all interfaces, loopback too, as psutil adds them."""
    received = sent = 0.0
    lines = _lines("/proc/net/dev")[2:]
    for line in lines:
        words = line.rpartition(":")[2].split()
        received, sent = received + float(words[0]), sent + float(words[8])
    return (received, sent) if lines else None


def _reaped_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _of_process(pid: int) -> tuple[float, float]:
    """(processor seconds of it and of its children that are over, resident pages)."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        words = file.read().rpartition(b")")[2].split()
    ticks = sum(float(word) for word in words[11:15])
    return ticks / os.sysconf("SC_CLK_TCK"), float(words[21])


def _pages(pid: int) -> list[float]:
    try:
        return [_of_process(pid)[1]]
    except (OSError, ValueError, IndexError):
        return []


def _io(pid: str) -> dict[str, float]:
    found = {}
    for line in _lines(f"/proc/{pid}/io"):
        word, _, size = line.partition(":")
        if word in _WORDS:
            found[word] = float(size)
    return found


def _page_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE")
