"""Issues a neutrality attestation from a finished replay: everything counted, nothing left out; the signer signs."""

import hashlib
import json
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import version
from uuid import UUID

from django.utils import timezone

from audit.attestation import (
    Attestation as Statement,
)
from audit.attestation import (
    GraphUsed,
    LogState,
    Mitigation,
    Period,
    Planted,
    PolicyUsed,
    Population,
    Results,
    Verifier,
)
from audit.errors import Unsound
from audit.services.request_attestation import request_attestation
from audit.services.stored_log import checkpoint_of_size, the_log
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Permission
from tenants.exposure import Kind, Tally
from tenants.gate.exposure import graph_facts, named_parties, plans_of, policies_between, written_party
from tenants.models import Attestation, ExposureReport, IsolationReport
from tenants.neutrality.policy_changes import looser_than_default

VALID_FOR = timedelta(days=90)
LIMITS = (
    "Ownership and ties are as declared or registered; a lie shows only when something contradicts it.",
    "What was not logged was not counted; a log cannot prove that everything that happened was logged.",
    "Code of the operator that runs inside the web process reaches what live sessions reach.",
    "Whoever manages the keys in the customer's key service can open what they protect.",
    "A person can remember, or photograph, what they were shown.",
    "An access within 10 seconds after a new fact counts as an exposure: doors look for news that often.",
)


class CannotAttest(RingfenceError):
    """There is nothing sound to attest; `reason` is a word for what is missing."""

    status = HTTPStatus.CONFLICT
    code = "cannot_attest"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def issue_attestation(context: TenantContext, *, report: ExposureReport, tally: Tally) -> UUID:
    """Return the id of the attestation over a finished replay of everybody. Inside `acting(context)`.

    The event `attestation.issued` carries its digest; the signer signs once that is under a checkpoint.
    Raises `CannotAttest`.
    """
    context.require(Permission.NEUTRALITY_ATTEST)
    checkpoint = checkpoint_of_size(report.size)
    if checkpoint is None or tally.accesses == 0:
        raise CannotAttest(
            "nothing_accessed", "Nothing was accessed in this period, so there is nothing to attest."
        )
    now = timezone.now().replace(microsecond=0)
    tenant_id = context.tenant_id
    policies = policies_between(tenant_id, report.since, report.until)
    excluded = frozenset().union(*(ruled.policy.excluded for ruled in policies))
    if not excluded:
        raise CannotAttest(
            "nobody_excluded", "The policy of this period excludes nobody, so it cannot have been broken."
        )
    graph = graph_facts(tenant_id)
    looser = [
        f"{change.field}: {change.after}, default {change.before}"
        for ruled in policies
        for change in looser_than_default(ruled.policy)
    ]
    try:
        said = Statement(
            verifier=Verifier(
                id=f"isolation-checker@{version('ringfence')}",
                policies=tuple(
                    PolicyUsed(digest=ruled.digest, version=ruled.version or 0, signed=ruled.signed)
                    for ruled in policies
                ),
            ),
            period=Period(start=report.since, end=report.until),
            log=LogState(origin=the_log().origin, size=checkpoint.size, root=checkpoint.root),
            graph=GraphUsed(
                version=graph.version,
                digest=graph.digest,
                statements=graph.statements,
                unknown=graph.unknown,
                oldest_days=graph.oldest_days,
            ),
            excluded=tuple(sorted(written_party(each) for each in named_parties(excluded).values())),
            population=Population(
                accesses=tally.accesses,
                actors=len(tally.actors),
                destinations=len(tally.destinations),
                subprocessors=graph.subprocessors,
                decisions=tally.decisions,
            ),
            results=Results(
                violations=tally.found[Kind.VIOLATION],
                exposures=tally.found[Kind.EXPOSURE],
                denied=tally.denied,
                reviews=tally.reviews,
            ),
            planted=_planted(context, report),
            unknowns=graph.unknowns,
            mitigations=tuple(
                Mitigation(
                    plan=str(plan.id),
                    people=len(plan.people),
                    purpose=plan.purpose,
                    until=plan.end.isoformat(),
                )
                for plan in plans_of(tenant_id)
            ),
            looser=tuple(dict.fromkeys(looser)),
            limits=LIMITS,
            issued=now,
            expires=now + VALID_FOR,
        )
    except Unsound as reason:
        raise CannotAttest("unsound", f"This cannot be attested: {reason}.") from reason
    return _keep(context, report, said)


def _keep(context: TenantContext, report: ExposureReport, said: Statement) -> UUID:
    row_id = uuid7()
    receipt = request_attestation(context, said, object_id=row_id)
    Attestation.objects.create(
        id=row_id,
        report=report,
        event_id=receipt.event_id,
        issued_by_id=context.actor_id,
        issued_at=said.issued,
        expires_at=said.expires,
        since=said.period.start,
        until=said.period.end,
        payload=context.keyring.seal(said.to_bytes(), field=Attestation.payload, row=row_id),
    )
    return row_id


def newest_check(since: object, until: object) -> IsolationReport | None:
    """Return the newest full isolation check that ended in the period. Inside `acting(context)`."""
    ended = IsolationReport.objects.filter(
        state="done", wall="", finished_at__gte=since, finished_at__lt=until, report__isnull=False
    )
    return ended.order_by("-finished_at").first()


def _planted(context: TenantContext, report: ExposureReport) -> Planted:
    """Return what the newest isolation check of the period planted and found. Raises `CannotAttest`."""
    check = newest_check(report.since, report.until)
    if check is None:
        raise CannotAttest(
            "no_isolation_check", "No isolation check ran in this period. Run one, then ask again."
        )
    if check.exit_code != 0:
        raise CannotAttest(
            "check_not_passed", "The newest isolation check of this period did not pass; see its report."
        )
    body = json.loads(context.keyring.open(check.report, field=IsolationReport.report, row=check.id))
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).digest()
    return Planted(run=int(body["planted"]), detected=int(body["detected"]), report=digest)
