"""The demo's two witnesses: programs with folders of their own, which trust one key and reach nothing of ours.

They stand for machines of other people. On one machine they show how it goes, and protect nobody from its owner.
"""

import socket
import subprocess
import sys
from collections.abc import Callable

from audit.witness.memory import Witness
from ringfence.demo.environments import read_environment
from ringfence.demo.layout import HOST, WITNESSES, Layout
from ringfence.embedded import places
from ringfence.embedded.errors import EmbeddedError

KEY_SECONDS = 120


def prepare_witnesses(layout: Layout, say: Callable[[str], None]) -> None:
    """Tell each witness which key to trust and where to listen, and write the policy that names both.

    The signer runs by now: the meta-log's key is its. Ports are free ones, so no program stands in the way of another
    demo; where one is taken in between, its witness is tried again, and the log's page says who is missing.
    """
    key = _meta_key(layout, say)
    policy = []
    for name in WITNESSES:
        port = _free_port()
        called = f"{name}.ringfence.example/demo"
        witness = Witness(layout.var / name, called, {})
        places.write_private(
            layout.witness_arguments(name),
            f"--dir={layout.var / name}\n--name={called}\n--trust={key}\n--listen={HOST}:{port}\n",
        )
        policy.append(f"witness {name} {witness.vkeys[0]} http://{HOST}:{port}\n")
    members = " ".join(WITNESSES)
    text = f"{''.join(policy)}group witnesses all {members}\nquorum witnesses\n"
    places.write_private(layout.witness_policy_file, text)


def _meta_key(layout: Layout, say: Callable[[str], None]) -> str:
    """Return the meta-log's key as it is now: after a succession it is another one."""
    say("the key that witnesses are to trust")
    environment = read_environment(layout.environment_of("publisher").read_text(encoding="utf-8"))
    done = subprocess.run(
        [sys.executable, "-m", "django", "publisher", "--key"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd="/",
        env=environment,
        timeout=KEY_SECONDS,
        check=False,
    )
    key = done.stdout.strip()
    if done.returncode != 0 or not key:
        raise EmbeddedError(
            f"the meta-log's key was not found ({done.stderr.strip()[-200:]}); log: {layout.log_of('signer')}"
        )
    return key


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.bind((HOST, 0))
        port: int = line.getsockname()[1]
        return port
