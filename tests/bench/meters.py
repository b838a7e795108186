"""What a bench reads of the machine: processor time of a server's processes, steal, load, memory, quantiles."""

import contextlib
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return user and system seconds of a process and of its ended children."""
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(parts[i]) for i in (11, 12, 13, 14)) / TICKS


def tree(pid: int) -> list[int]:
    """Return a process and all its living descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children: list[str] = []
            for thread in Path(f"/proc/{one}/task").iterdir():
                children += (thread / "children").read_text().split()
            found.append(one)
            waiting += [int(child) for child in children]
    return found


def tree_cpu(pid: int) -> float:
    """Return the seconds of a process and all its living descendants. Never falls: the ended are their parents'."""
    total = 0.0
    for one in tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += cpu_seconds(one)
    return total


def own_memory_mb(pid: int) -> float:
    """Return the proportional set size of one process: shared pages count by how many share them."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def resident_mb(pid: int) -> float:
    """Return the resident set size of one process."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
    return 0.0


def machine_ticks() -> tuple[int, int]:
    """Return (stolen by the host, all) ticks of the machine since it started."""
    numbers = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return numbers[7], sum(numbers[:8])


def quantile(values: Sequence[float], percent: int) -> float:
    """Return a percentile, 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@dataclass
class Meter:
    """Reads the servers' processor time and the machine's state between `start` and `stop`.

    `servers` names the root of each process tree. The bench's own time is `client`, apart from theirs.
    """

    servers: Mapping[str, int]
    load: float = 0.0
    """The load average before the run: what else was at work on this machine."""
    seconds: float = 0.0
    steal: float = 0.0
    """Percent of the machine's time that the host took away."""
    cpu: dict[str, float] = field(default_factory=dict)
    client: float = 0.0
    began: float = 0.0

    def start(self) -> None:
        """Begin."""
        self.load = os.getloadavg()[0]
        self._cpu = {name: tree_cpu(pid) for name, pid in self.servers.items()}
        self._client = time.process_time()
        self._machine = machine_ticks()
        self.began = time.perf_counter()

    def stop(self) -> None:
        """End, and work the figures out."""
        self.seconds = time.perf_counter() - self.began
        stolen, ticks = machine_ticks()
        self.client = time.process_time() - self._client
        self.cpu = {name: tree_cpu(pid) - self._cpu[name] for name, pid in self.servers.items()}
        self.steal = 100 * (stolen - self._machine[0]) / max(1, ticks - self._machine[1])
