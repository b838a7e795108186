"""A publisher run by hand, with witnesses over real HTTP, each of which can be made worse than it is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from audit.database import Database
from audit.meta import META_LOG, meta_policy
from audit.policy import Policy
from audit.publisher.asking import Reply
from audit.publisher.rounds import Publisher
from audit.witness.judging import trusted_logs
from audit.witness.memory import Witness
from audit.witness.server import WitnessServer
from tenants.services.ask_witness import ask_witness
from tests.audit.logkeeping import Keeper, triggers_off

COSIGNED = "SELECT witness, seconds, line FROM audit.cosignature WHERE size = %s ORDER BY witness, seconds"
LEAVES = """
SELECT e.leaf FROM audit.entry e JOIN audit.body b USING (tenant_id, seq)
 WHERE e.tenant_id = %s AND (%s::uuid IS NULL OR b.object_id = %s) ORDER BY e.seq
"""


class Town:
    """Witnesses on this machine, and a policy that names them."""

    def __init__(self, folder: Path, vkey: str, stack: ExitStack) -> None:
        self.now = 1_800_000_000
        self.vkey = vkey
        self.witnesses = {
            name: Witness(folder / name, f"{name}.example/w", trusted_logs([vkey]), clock=lambda: self.now)
            for name in ("a", "b")
        }
        self.urls = {name: stack.enter_context(served(each)) for name, each in self.witnesses.items()}
        self.instead: dict[str, Callable[[str, bytes], Reply]] = {}
        self.asked: list[str] = []

    def text(self, threshold: str = "all") -> str:
        named = "".join(
            f"witness {name} {each.vkeys[0]} {self.urls[name]}\n" for name, each in self.witnesses.items()
        )
        return f"{named}group g {threshold} a b\nquorum g\n"

    def policy(self, threshold: str = "all") -> Policy:
        return meta_policy(self.vkey, self.text(threshold))

    def post(self, url: str, body: bytes) -> Reply:
        name = next(name for name, base in self.urls.items() if url.startswith(f"{base}/"))
        self.asked.append(name)
        return self.instead.get(name, ask_witness)(url, body)

    def publisher(self, threshold: str = "all", **more: object) -> Publisher:
        return Publisher(self.text(threshold), self.post, **more)  # type: ignore[arg-type]


@contextmanager
def served(witness: Witness) -> Iterator[str]:
    with WitnessServer(("127.0.0.1", 0), witness) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def meta_vkey(keeper: Keeper) -> str:
    """Let the signer make the meta-log's key, and return it."""
    keeper.settle()
    row = keeper.as_signer.execute("SELECT vkey FROM audit.log WHERE tenant_id = %s", [META_LOG]).fetchone()
    assert row is not None
    return str(row[0])


def meta_size(keeper: Keeper) -> int:
    row = keeper.as_signer.execute(
        "SELECT max(size) FROM audit.checkpoint WHERE tenant_id = %s", [META_LOG]
    ).fetchone()
    assert row is not None
    return int(row[0])


def meta_note(keeper: Keeper) -> bytes:
    row = keeper.as_signer.execute(
        "SELECT note FROM audit.checkpoint WHERE tenant_id = %s AND size = %s", [META_LOG, meta_size(keeper)]
    ).fetchone()
    assert row is not None
    return bytes(row[0])


def age_heads(superuser: psycopg.Connection[Any]) -> None:
    """Let the meta-log grow without waiting for its second: its heads look old."""
    with triggers_off(superuser, "head"):
        superuser.execute(
            "UPDATE audit.head SET at = at - interval '2 seconds' WHERE tenant_id = %s", [META_LOG]
        )


def publish(
    publisher: Publisher, keeper: Keeper, database: Database, superuser: psycopg.Connection[Any]
) -> None:
    """Take in, sign, and ask: the two rounds that lie around a signature."""
    age_heads(superuser)
    publisher.run_round(database)
    keeper.settle()
    publisher.run_round(database)
