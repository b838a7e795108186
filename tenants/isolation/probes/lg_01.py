"""LG-01: every log is whole, append-only, and agrees with its signed checkpoints and with what was seen before."""

from typing import Any
from uuid import UUID

from audit import leaf as leaves
from audit.checkpoints import Checkpoint
from audit.errors import EvidenceRefused
from audit.frontier import Frontier
from audit.line import Line, Signing
from audit.meta import META_LOG
from audit.notes import Vkey, open_note
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import TenantContext
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.pins import Pins, Seen, read_pins, write_pins
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "LG-01"
TITLE = "Every log is whole and agrees with its signed checkpoints"
PROVES = "No event was changed, removed or put in later: each log, computed anew, has the root that was signed for it."

BODIES = 20_000
"""Events whose sealed halves are opened at most, newest first, for each tenant whose keys may be used here."""


def detect(target: Target) -> Finding:
    """Compute each log anew from its leaves; open the bodies of the canaries and of the tenant that asked."""
    tally = Tally(ID)
    pins = read_pins() if target.place == "live" else {}
    fresh: Pins = {}
    logs = target.ask("SELECT tenant_id, origin FROM audit.log ORDER BY tenant_id")
    for tenant_id, origin in logs:
        size, root = _recompute(target, tally, tenant_id, _pin_of(target, tally, tenant_id, pins))
        _checkpoints(target, tally, tenant_id, origin)
        if size:
            tally.look()
            fresh[tenant_id] = Seen(size, root, origin)
        elif tenant_id != META_LOG:  # where nobody publishes, no checkpoint is taken in
            tally.miss(f"the log {origin} has no event yet")
    for context in (*target.canaries, *([target.subject] if target.subject else [])):
        _bodies(target, tally, context)
    if target.place == "live" and not tally.violations:
        write_pins(pins | fresh)
    return tally.finding()


def _pin_of(target: Target, tally: Tally, tenant_id: UUID, pins: Pins) -> Seen | None:
    """Return what an earlier run saw, unless a succession says that just this was given up."""
    pin = pins.get(tenant_id)
    if pin is None:
        return None
    given_up = target.ask(
        "SELECT s.kept_size FROM audit.line_of(%s) AS p JOIN audit.succession s ON s.log_id = p.log_id"
        " WHERE s.event IS NOT NULL AND s.origin = %s AND s.promised_size >= %s"
        " AND (s.kept_size < %s OR s.standing = 'forked')",
        [tenant_id, pin.origin, pin.size, pin.size],
    )
    if given_up:
        tally.notes.append(f"an earlier run saw {pin.size} events of a log that another one succeeds")
        return None
    return pin


def _recompute(target: Target, tally: Tally, tenant_id: UUID, pin: Seen | None) -> tuple[int, bytes]:
    """Walk a log's leaves once; compare with every head, and with the head that an earlier run saw."""
    heads = target.ask("SELECT size, root FROM audit.head WHERE tenant_id = %s", [tenant_id])
    wanted: dict[int, bytes] = {size: bytes(root) for size, root in heads}
    frontier = Frontier()
    for seq, wrong, leaf_hash in target.ask(
        "SELECT seq, leaf_hash <> sha256('\\x00'::bytea || leaf), leaf_hash FROM audit.entry"
        " WHERE tenant_id = %s ORDER BY seq",
        [tenant_id],
    ):
        if seq != frontier.size:
            tally.wrong(f"the log has no event {frontier.size}", tenant_id)
            return 0, b""
        if wrong:
            tally.wrong(f"event {seq} was changed: its bytes do not have its hash", tenant_id)
        frontier = frontier.append([bytes(leaf_hash)])
        if frontier.size in wanted and frontier.head != wanted[frontier.size]:
            tally.wrong(f"the first {frontier.size} events do not have the root of their head", tenant_id)
            break
        if pin is not None and pin.size == frontier.size and pin.root != frontier.head:
            tally.wrong(f"the first {pin.size} events are not those that an earlier run saw", tenant_id)
    newest = max(wanted, default=0)
    if not tally.violations and frontier.size != newest:
        tally.wrong(f"the log has {frontier.size} events, and its head speaks of {newest}", tenant_id)
    if pin is not None and frontier.size < pin.size:
        tally.wrong(f"an earlier run saw {pin.size} events; {frontier.size} are left", tenant_id)
    return frontier.size, frontier.head


def _checkpoints(target: Target, tally: Tally, tenant_id: UUID, origin: str) -> None:
    line = Line(
        tuple(
            Signing(*row)
            for row in target.ask(
                "SELECT log_id, origin, vkey, after_size FROM audit.line_of(%s)", [tenant_id]
            )
        )
    )
    rows = target.ask(
        "SELECT c.size, c.note, h.root FROM audit.checkpoint c LEFT JOIN audit.head h USING (tenant_id, size)"
        " WHERE c.tenant_id = %s ORDER BY c.size DESC LIMIT 1000",
        [tenant_id],
    )
    if not rows:
        tally.miss(f"the log {origin} has no signed checkpoint yet")
        return
    tally.look()
    for size, note, root in rows:
        signer = line.signer_at(size)
        try:
            stated = Checkpoint.parse(open_note(bytes(note), [Vkey.parse(signer.vkey or "")]).text)
        except EvidenceRefused as refused:
            tally.wrong(f"the checkpoint of {size} events is not the log's: {refused}", tenant_id)
            continue
        if root is None or (stated.origin, stated.size, stated.head) != (signer.origin, size, bytes(root)):
            tally.wrong(f"the checkpoint of {size} events speaks of another head", tenant_id)


def _bodies(target: Target, tally: Tally, context: TenantContext) -> None:
    """Open what a tenant's events say, and hold it against the commitments in the log and the clear columns."""
    with target.as_app(context):
        rows = target.ask(
            "SELECT b.seq, b.id, b.verb, b.object_id, b.at, b.core, b.pii, e.leaf FROM audit.body b"
            " LEFT JOIN audit.entry e USING (tenant_id, seq) ORDER BY b.seq DESC LIMIT %s",
            [BODIES],
        )
        if rows:
            tally.look()
        else:
            tally.miss("the log of a canary holds no event to open")
        for row in rows:
            problem = _body_problem(context, row)
            if problem:
                tally.wrong(f"event {row[0]}: {problem}", context.tenant_id)


def _body_problem(context: TenantContext, row: tuple[Any, ...]) -> str:
    _, event, verb, subject, at, core, pii, encoded = row
    if encoded is None:
        return "says something that is not in the log"
    said: dict[str, Any] = {}
    for half, sealed in ((leaves.Half.CORE, core), (leaves.Half.PII, pii)):
        if sealed is None:
            continue
        try:
            opening = context.keyring.open(bytes(sealed), field=_field(half), row=event)
            opened = leaves.check_opening(bytes(encoded), half, opening)
        except CannotOpen:
            return f"its {half} was changed: it does not open"
        except EvidenceRefused:
            return f"its {half} is not what the log commits to"
        said |= opened if half is leaves.Half.CORE else {}
    if said and (said["event"], said["verb"], said.get("object")) != (
        str(event),
        verb,
        str(subject) if subject else None,
    ):
        return "its clear columns do not say what its sealed half says"
    if leaves.parse(bytes(encoded)).at_ms != round(at.timestamp() * 1000):
        return "its time is not the time in the log"
    return ""


def _field(half: leaves.Half) -> Any:
    from django.apps import apps

    return apps.get_model("audit", "Body")._meta.get_field(half.value)


def _rewrite(target: Target, table: str, change: str) -> None:
    target.run(f"ALTER TABLE audit.{table} DISABLE TRIGGER refuse_change")
    target.run(
        f"{change} AND tenant_id = %s",
        [target.k2.tenant_id],
    )


def _leaf(target: Target) -> None:
    _rewrite(
        target,
        "entry",
        "UPDATE audit.entry SET leaf = set_byte(leaf, 10, get_byte(leaf, 10) # 1) WHERE seq = 1",
    )


def _hash(target: Target) -> None:
    _rewrite(
        target,
        "entry",
        "UPDATE audit.entry SET leaf = set_byte(leaf, 10, get_byte(leaf, 10) # 1),"
        " leaf_hash = sha256('\\x00'::bytea || set_byte(leaf, 10, get_byte(leaf, 10) # 1)) WHERE seq = 1",
    )


def _removed(target: Target) -> None:
    _rewrite(target, "entry", "DELETE FROM audit.entry WHERE seq >= 2")


def _body(target: Target) -> None:
    _rewrite(
        target,
        "body",
        "UPDATE audit.body SET core = set_byte(core, 120, get_byte(core, 120) # 1) WHERE seq = 1",
    )


def _verb(target: Target) -> None:
    _rewrite(target, "body", "UPDATE audit.body SET verb = 'item.delivered' WHERE seq = 0")


PLANTS = (
    Plant("leaf", "One byte of an event in the log is changed", _leaf),
    Plant("hash", "An event is changed together with its own hash", _hash),
    Plant("removed", "The newest events are removed from the log", _removed),
    Plant("body", "One byte of what an event says is changed", _body),
    Plant("verb", "An event is made to look like another kind of event", _verb),
)
