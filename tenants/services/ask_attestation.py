"""Ask for a neutrality attestation over a period: a replay of everybody, and the statement at its end."""

from uuid import UUID

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission
from tenants.exposure import Question, Scope
from tenants.gate.exposure import excluded_now
from tenants.services.ask_exposure_report import Span, ask_exposure_report, settled
from tenants.services.issue_attestation import CannotAttest, newest_check


def ask_attestation(context: TenantContext, *, span: Span) -> UUID:
    """Return the id of the replay that ends in the attestation. Inside `acting(context)`.

    What is missing is said at once and not after a long replay. Raises `CannotAttest` and `Invalid`.
    """
    context.require(Permission.NEUTRALITY_ATTEST)
    span = settled(span)
    if not excluded_now(context.tenant_id):
        raise CannotAttest("nobody_excluded", "Your policy excludes nobody, so there is nothing to attest.")
    check = newest_check(span.since, span.until)
    if check is None:
        raise CannotAttest(
            "no_isolation_check",
            "No isolation check ended in this period. Run one, wait a minute, and ask again.",
        )
    if check.exit_code != 0:
        raise CannotAttest(
            "check_not_passed", "The newest isolation check of this period did not pass; see its report."
        )
    return ask_exposure_report(context, span=span, question=Question(Scope.EVERYBODY), attests=True)
