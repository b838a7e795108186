"""Watches what this process connects to, through Python's own audit events, and stops what nobody listed.

It sees the standard library's sockets, lookups and programs that are started. It does not see libraries in C that
open sockets themselves, as the PostgreSQL driver does, and no other process.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

STARTS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"})
SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
ASKS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class Stopped(ConnectionRefusedError):
    """The watch did not let this out."""


@dataclass(slots=True)
class Watch:
    """What was seen. `listed` are (host, port) of our own services; a request to `caught` is stopped and counted."""

    listed: frozenset[tuple[str, int]]
    caught: tuple[str, int] | None = None
    seen: int = 0
    stopped: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def on(self, event: str, args: tuple[Any, ...]) -> None:
        """Look at one audit event. Raises `Stopped` for what may not leave."""
        if event in STARTS:
            self._stray(f"a program is started: {str(args[0])[:80]}")
        elif event in ASKS:
            host = str(args[0] or "")
            if not _is_here(host) and host not in {name for name, _ in self.listed}:
                self._stray(f"the name {host[:80]} is looked up")
        elif event in SENDS:
            self._connect(args[1] if len(args) > 1 else None)

    def take(self) -> tuple[str, ...]:
        """Return the strays since the last call."""
        strays, self.strays = tuple(self.strays), []
        return strays

    def _connect(self, address: Any) -> None:
        if not isinstance(address, tuple) or len(address) < 2:
            return  # a socket's file, or none given: inside this machine
        self.seen += 1
        host, port = str(address[0]), int(address[1])
        if self.caught == (host, port):
            self.stopped.append(f"{host}:{port}")
            raise Stopped
        by_port = {listed for listed in self.listed if listed[1] == port}
        if not any(name == host or not _is_address(name) for name, _ in by_port):
            self._stray(f"a connection to {host} port {port}")

    def _stray(self, words: str) -> None:
        self.strays.append(words)
        raise Stopped


_watch: Watch | None = None
_installed = False


@contextmanager
def watching(watch: Watch) -> Iterator[Watch]:
    """Watch this process, in all its threads, for a while."""
    global _watch, _installed
    if not _installed:
        # Such a hook cannot be taken out again; it does nothing while nobody watches.
        sys.addaudithook(_hook)
        _installed = True
    _watch = watch
    try:
        yield watch
    finally:
        _watch = None


def _hook(event: str, args: tuple[Any, ...]) -> None:
    watch = _watch
    if watch is not None and event in WATCHED:
        watch.on(event, args)


WATCHED = STARTS | SENDS | ASKS


def _is_here(host: str) -> bool:
    return host in ("", "localhost") or host.startswith("127.") or host == "::1"


def _is_address(name: str) -> bool:
    return name.replace(".", "").isdecimal() or ":" in name
