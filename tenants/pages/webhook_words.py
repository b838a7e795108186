"""What pages say about webhooks: events in groups, and how an attempt ended."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.pages.sentences import sentence_of
from tenants.services.list_webhooks import ListedDelivery
from tenants.services.webhook_rules import SENDABLE

Words = str | Promise

GROUPS: tuple[tuple[Words, frozenset[str]], ...] = (
    (
        gettext_lazy("Work"),
        frozenset({"aggregate", "answer", "comment", "comments", "draft", "drafts", "item", "submission", "task"}),
    ),
    (
        gettext_lazy("Projects"),
        frozenset(
            {"agreement", "consent", "guidelines", "project", "purpose", "schema", "skill", "skills"},
        ),
    ),
    (gettext_lazy("Imports and exports"), frozenset({"export", "import", "import_errors", "import_rows"})),
    (
        gettext_lazy("People and access"),
        frozenset(
            {
                "access", "api_token", "invitation", "login", "member", "member_role", "members", "password",
                "password_reset", "refusals", "second_factor", "session", "work_receipt", "work_statement",
            }
        ),
    ),
    (
        gettext_lazy("Log, keys and checks"),
        frozenset(
            {"audit", "audit_pin", "audit_timeline", "isolation", "isolation_report", "key", "log", "webhook",
             "webhook_secret", "webhooks"}
        ),
    ),
)  # fmt: skip
REST = gettext_lazy("Workspace and policy")

TROUBLES: Mapping[str, Words] = {
    "malformed": gettext_lazy("the address cannot be read"),
    "not_allowed": gettext_lazy("the policy lets nothing go there"),
    "not_public": gettext_lazy("the name leads to an address that is not public"),
    "no_address": gettext_lazy("the name does not resolve"),
    "no_connection": gettext_lazy("no connection"),
    "broken": gettext_lazy("the connection broke off"),
    "tls": gettext_lazy("no valid certificate for the name"),
    "too_slow": gettext_lazy("no answer in time"),
    "too_large": gettext_lazy("the answer was too large"),
    "not_http": gettext_lazy("the answer was not HTTP"),
    "redirect": gettext_lazy("a redirect, which is not followed"),
    "late": gettext_lazy("the verdict was too old to act on"),
    "lost": gettext_lazy("our process ended in between"),
}


def event_groups(chosen: Iterable[str]) -> list[tuple[Words, int, list[tuple[str, str, bool]]]]:
    """Return (heading, how many are chosen, [(verb, words, whether chosen)]) of all events that can be sent."""
    wanted = set(chosen)
    found: list[tuple[Words, int, list[tuple[str, str, bool]]]] = []
    left = list(SENDABLE)
    for heading, kinds in (*GROUPS, (REST, None)):
        mine = [verb for verb in left if kinds is None or verb.value.partition(".")[0] in kinds]
        left = [verb for verb in left if verb not in mine]
        rows = [(verb.value, sentence_of(verb.value), verb.value in wanted) for verb in mine]
        found.append((heading, sum(row[2] for row in rows), rows))
    return found


def ending_of(delivery: ListedDelivery) -> str:
    """Return how an attempt ended, in words; empty while it has not."""
    if delivery.trouble in TROUBLES:
        return str(TROUBLES[delivery.trouble])
    if delivery.status_class is not None:
        return _("answered %(status)sxx") % {"status": delivery.status_class}
    return ""
