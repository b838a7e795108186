"""One environment per process: each gets its own credentials and nobody else's."""

from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.demo.layout import Layout, process_environment
from ringfence.embedded import places
from ringfence.embedded.authority import is_installed
from ringfence.embedded.bucket import weed_program

NO_DATABASE = "postgresql://nobody@/none?host=/nonexistent"
"""What a process without a database is given: settings want an address, and this one leads nowhere."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one process can reach. Read as a table; a test holds it against the design's list."""

    cell: str | None = None
    cell_database: str = "cell"
    control: str | None = None
    shadow: str | None = None
    acting_as: str | None = None
    broker: bool = False
    cache: bool = False
    context_key: bool = False
    tenant_keys: bool = False
    shadow_key: bool = False
    log_key: bool = False
    superuser: bool = False
    bucket: bool = False
    """Writes to the bucket that forgets nothing."""
    reads_bucket: bool = False
    """Reads there, with a key that can do nothing else."""
    sessions: bool = False
    """Shares the key that signs cookies and forms."""


REACH: Mapping[str, Reach] = {
    # The gate runs inside web, worker and checker, so they hold what it holds.
    "web": Reach(
        cell="rf_app",
        control="rf_gate",
        broker=True,
        cache=True,
        context_key=True,
        tenant_keys=True,
        sessions=True,
    ),
    "worker": Reach(
        cell="rf_worker",
        control="rf_gate",
        broker=True,
        cache=True,
        context_key=True,
        tenant_keys=True,
        sessions=True,
    ),
    "beat": Reach(broker=True, cache=True),
    "sequencer": Reach(cell="rf_sequencer"),
    "signer": Reach(cell="rf_signer", log_key=True, reads_bucket=True),
    "publisher": Reach(cell="rf_publisher"),
    # The signer's role, for it reads leaves; and none of its keys.
    "anchor": Reach(cell="rf_signer", bucket=True),
    "timestamp": Reach(cell="rf_publisher"),
    # They stand for other people's machines: nothing of the platform is within their reach.
    "witness-1": Reach(),
    "witness-2": Reach(),
    # Acts for canaries, and for whoever asked for a run, by their job ticket.
    "checker": Reach(
        cell="rf_checker",
        control="rf_gate",
        shadow="rf_checker",
        broker=True,
        cache=True,
        context_key=True,
        tenant_keys=True,
        shadow_key=True,
        sessions=True,
    ),
    # Commands of the start, which end before anybody is served.
    "bootstrap": Reach(superuser=True),
    "migrate": Reach(cell="rf_migrator", control="rf_migrator", acting_as="rf_owner"),
    # The shadow is made like the cell, by its owner, so here it stands in the cell's place.
    "migrate-shadow": Reach(cell="rf_checker", cell_database="shadow"),
    "rotate": Reach(cell="rf_migrator", acting_as="rf_owner", context_key=True),
    "rotate-shadow": Reach(cell="rf_checker", cell_database="shadow", shadow_key=True),
    "seed": Reach(
        cell="rf_app",
        control="rf_gate",
        broker=True,
        cache=True,
        context_key=True,
        tenant_keys=True,
        sessions=True,
    ),
}


ANCHORS, ANCHOR_DAYS = "anchors", "30"

SENDERS = frozenset({"web", "worker", "publisher", "timestamp"})
"""Who sends requests outwards: in a demo also to receivers on this machine."""

KNOW_WITNESSES = frozenset({"web", "worker", "publisher"})
"""Who reads the policy that names the witnesses."""

KNOW_AUTHORITY = frozenset({"timestamp", "checker"})
"""Who asks the time-stamping authority, or checks what it said."""


def environment(layout: Layout, process: str) -> dict[str, str]:
    """Return the whole environment of `process`."""
    reach = REACH[process]
    own = "web" if reach.sessions else process
    values = process_environment() | {
        "DJANGO_SETTINGS_MODULE": "ringfence.settings",
        "RINGFENCE_MODE": "demo",
        "RINGFENCE_VAR": str(layout.var),
        "RINGFENCE_BASE_URL": layout.base_url,
        "RINGFENCE_SECRET_KEY": layout.secret(f"django.{own}"),
        "RINGFENCE_KEY_SERVICE": "local",
        "RINGFENCE_PROCESS": process,
        "RINGFENCE_CELL_URL": NO_DATABASE,
    }
    if reach.cell is not None:
        values["RINGFENCE_CELL_URL"] = layout.role_url(
            reach.cell, reach.cell_database, acting_as=reach.acting_as
        )
    if reach.control is not None:
        values["RINGFENCE_CONTROL_URL"] = layout.role_url(reach.control, "control", acting_as=reach.acting_as)
    if reach.shadow is not None:
        values["RINGFENCE_SHADOW_URL"] = layout.role_url(reach.shadow, "shadow")
    if reach.broker:
        values["BROKER_URL"] = layout.valkey.broker_url()
    if reach.cache:
        values["RINGFENCE_CACHE_URL"] = layout.valkey.cache_url()
    if reach.context_key:
        values["RINGFENCE_CONTEXT_KEY_FILE"] = str(layout.context_key_file)
    if reach.tenant_keys:
        values["RINGFENCE_LOCAL_KEYS"] = str(layout.var / "keys")
    if reach.shadow_key:
        values["RINGFENCE_SHADOW_KEY_FILE"] = str(layout.shadow_key_file)
    if process in SENDERS:
        values["RINGFENCE_EGRESS_LOOPBACK"] = "1"
    if process in KNOW_WITNESSES:
        values["RINGFENCE_WITNESS_POLICY"] = str(layout.witness_policy_file)
    if process in KNOW_AUTHORITY and is_installed():
        values["RINGFENCE_TSA_URL"] = layout.authority.url
        values["RINGFENCE_TSA_ROOTS"] = str(layout.authority.root)
    if reach.log_key:
        values["RINGFENCE_SIGNER_DIR"] = str(layout.var / "signer")
    if (reach.bucket or reach.reads_bucket) and weed_program() is not None:
        values["RINGFENCE_ANCHOR_BUCKET"] = ANCHORS
        values["RINGFENCE_ANCHOR_ENDPOINT"] = layout.bucket.endpoint
        if reach.bucket:
            values["RINGFENCE_ANCHOR_DAYS"] = ANCHOR_DAYS
            values["RINGFENCE_ANCHOR_KEYS"] = str(layout.bucket.keys)
        else:
            values["RINGFENCE_ANCHOR_READ_KEYS"] = str(layout.bucket.reading_keys)
    if reach.superuser:
        values["RINGFENCE_SUPERUSER_URL"] = layout.postgres.superuser_url()
        values["RINGFENCE_ROLE_PASSWORDS"] = str(layout.role_passwords_file())
    return values


def write_environments(layout: Layout) -> None:
    """Write the environment file of every process, 0600, so that a person can run one by hand."""
    for process in REACH:
        text = "".join(f"{name}={value}\n" for name, value in environment(layout, process).items())
        places.write_private(layout.environment_of(process), text)


def read_environment(text: str) -> dict[str, str]:
    """Return the environment in an environment file: a line per variable, nothing quoted."""
    pairs = (line.partition("=") for line in text.splitlines() if line)
    return {name: value for name, _, value in pairs}
