"""Talks to the running supervisor through its control socket."""

import http.client
import xmlrpc.client
from dataclasses import dataclass
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from ringfence.demo.layout import Layout
from ringfence.demo.supervision import STORES

NOT_THERE = (OSError, http.client.HTTPException, xmlrpc.client.Fault)
"""What a call raises when no supervisor runs, or when it is about to end."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the supervisor says of one process; `state` is its word, such as RUNNING or BACKOFF."""

    name: str
    state: str
    pid: int
    detail: str


class Supervisor:
    """The running supervisor of one demo. Every call raises one of `NOT_THERE` when it does not run."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @property
    def _server(self) -> Any:
        """A connection for one call: after a failed one the library's own is never usable again."""
        if not self._layout.control_socket().exists():
            raise FileNotFoundError("no supervisor has run here")
        transport = SupervisorTransport(
            "demo", self._layout.secret("supervisor"), serverurl=f"unix://{self._layout.control_socket()}"
        )
        return xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor

    def answers(self) -> bool:
        """Tell whether the supervisor runs."""
        try:
            return bool(self._server.getState()["statename"] == "RUNNING")
        except NOT_THERE:
            return False

    def start(self, name: str) -> None:
        """Start a process; does not wait. Starting a running one is harmless."""
        try:
            self._server.startProcess(f"{_group(name)}:{name}", False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise

    def gave_up(self, name: str) -> bool:
        """Tell whether a process ended again as soon as it was started."""
        state = self._server.getProcessInfo(f"{_group(name)}:{name}")["statename"]
        return state in ("BACKOFF", "FATAL", "EXITED")

    def shut_down(self) -> None:
        """Ask the supervisor to stop everything and end; does not wait."""
        self._server.shutdown()

    def states(self) -> list[ProcessState]:
        """Return the state of every process."""
        return [
            ProcessState(found["name"], found["statename"], found["pid"], found["description"])
            for found in self._server.getAllProcessInfo()
        ]


def _group(name: str) -> str:
    return "stores" if name in STORES else "services"
