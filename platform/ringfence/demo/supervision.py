"""The demo's programs, and the configuration under which the supervisor runs them."""

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass

from ringfence.demo.layout import HOST, WITNESSES, Layout
from ringfence.embedded.authority import is_installed
from ringfence.embedded.bucket import weed_program

STORES = ("postgres", "valkey")
"""They start before all else and stop after all else."""
SERVERS = (*STORES, "bucket", "authority")
"""Programs of other people, or that stand for such, with no credentials but their own."""
LOG_BYTES = "5MB"


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process.

    `seconds_to_stop` is how long it may take to end in order before it is killed.
    """

    name: str
    command: tuple[str, ...]
    stop_signal: str = "TERM"
    seconds_to_stop: int = 10


def programs(layout: Layout) -> list[Program]:
    """Return all programs of the demo, the stores first."""
    python = sys.executable
    var = str(layout.var)

    def inside(process: str, *command: str) -> tuple[str, ...]:
        return (
            python,
            "-m",
            "ringfence.demo.enter",
            str(layout.environment_of(process)),
            python,
            "-m",
            *command,
        )

    def celery(process: str, *arguments: str) -> tuple[str, ...]:
        return inside(process, "celery", "-A", "ringfence.celery", *arguments, "--loglevel=WARNING")

    def worker(process: str, queue: str, processes: int) -> tuple[str, ...]:
        return celery(
            process,
            "worker",
            f"--queues={queue}",
            f"--concurrency={processes}",
            f"--hostname={process}@ringfence",
        )

    return [
        Program("postgres", (python, "-m", "ringfence.embedded.postgres", "run", "--var", var), "INT", 20),
        Program("valkey", (python, "-m", "ringfence.embedded.valkey", "run", "--var", var)),
        Program("sequencer", inside("sequencer", "django", "sequencer")),
        Program("signer", inside("signer", "django", "signer")),
        *(
            Program(name, inside(name, "audit.witness", f"@{layout.witness_arguments(name)}"))
            for name in WITNESSES
        ),
        Program("publisher", inside("publisher", "django", "publisher")),
        *_anchoring(layout, inside),
        *_timestamping(layout, inside),
        Program(
            "web",
            inside(
                "web",
                "granian",
                "--interface",
                "wsgi",
                "ringfence.wsgi:application",
                "--host",
                HOST,
                "--port",
                str(layout.port),
                "--workers",
                "2",
                "--blocking-threads",
                "4",
                "--http",
                "1",
                "--no-ws",
                "--no-access-log",
                "--log-level",
                "warning",
                "--respawn-failed-workers",
                "--respawn-interval",
                "0.2",
                "--workers-kill-timeout",
                "5",
            ),
        ),
        Program("worker", worker("worker", "tenant", 2)),
        Program("checker", worker("checker", "checker", 1)),
        Program(
            "beat",
            celery("beat", "beat", f"--schedule={layout.var / 'beat' / 'schedule'}", "--pidfile="),
        ),
    ]


def _anchoring(layout: Layout, inside: Callable[..., tuple[str, ...]]) -> list[Program]:
    """Return the bucket that forgets nothing and what writes to it, where the server is installed."""
    if weed_program() is None:
        return []
    server = (sys.executable, "-m", "ringfence.embedded.bucket", "run", "--var", str(layout.var))
    # Asked to end in order it waits half a minute for connections; what was answered is on disk.
    return [
        Program("bucket", server, "KILL"),
        Program("anchor", inside("anchor", "django", "anchor", "--make-bucket", "--every", "60")),
    ]


def _timestamping(layout: Layout, inside: Callable[..., tuple[str, ...]]) -> list[Program]:
    """Return the time-stamping authority and what asks it, each minute, where what it needs is installed."""
    if not is_installed():
        return []
    server = (sys.executable, "-m", "ringfence.embedded.authority", "run", "--var", str(layout.var))
    return [
        Program("authority", server),
        # Not once a day: whoever tries the demo wants to see a time-stamp.
        Program("timestamp", inside("timestamp", "django", "timestamp", "--now", "--every", "60")),
    ]


def configuration(layout: Layout) -> str:
    """Return supervisord.conf. Nothing starts by itself: the start happens in an order of its own."""
    control = layout.control_socket()
    password = layout.secret("supervisor")
    lines = [
        "; Written at each start: a change made here does not last.",
        "[unix_http_server]",
        f"file={_escaped(control)}",
        "chmod=0700",
        "username=demo",
        f"password={password}",
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        "umask=077",
        f"logfile={_escaped(layout.log_of('supervisor'))}",
        f"logfile_maxbytes={LOG_BYTES}",
        "logfile_backups=2",
        f"pidfile={_escaped(layout.var / 'run' / 'supervisor.pid')}",
        f"childlogdir={_escaped(layout.var / 'log')}",
        "directory=/",
        *(["user=root"] if os.geteuid() == 0 else []),
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for program in programs(layout):
        lines += [
            f"[program:{program.name}]",
            f"command={_escaped(shlex.join(program.command))}",
            "autostart=false",
            # A killed process is back at once; one that cannot start is tried again and again, and each
            # try waits a second longer, since what it needs may come back.
            "autorestart=true",
            "startsecs=1",
            "startretries=1000",
            f"stopsignal={program.stop_signal}",
            f"stopwaitsecs={program.seconds_to_stop}",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_escaped(layout.log_of(program.name))}",
            f"stdout_logfile_maxbytes={LOG_BYTES}",
            "stdout_logfile_backups=2",
        ]
    services = ",".join(program.name for program in programs(layout) if program.name not in STORES)
    # The highest number stops first: services before the stores that they write to.
    lines += ["[group:services]", f"programs={services}", "priority=20"]
    lines += ["[group:stores]", f"programs={','.join(STORES)}", "priority=10"]
    return "\n".join(lines) + "\n"


def _escaped(value: object) -> str:
    """Return `value` as the supervisor's file wants it, where % begins an expansion."""
    return str(value).replace("%", "%%")
