"""Errands that unwrap a key and owe the log no event, each with its reason."""

from collections.abc import Mapping
from typing import Final

LABELS_ONLY: Final = frozenset(
    {
        "GET annotation-api:export",
        "GET annotation-api:exports",
        "GET annotation-api:import",
        "GET annotation-api:imports",
        "GET annotation:export-progress",
        "GET annotation:import-progress",
        "GET annotation:label",
        "GET annotation:new-project",
        "GET annotation:practice",
        "GET annotation:projects",
        "GET annotation:receipts",
        "GET annotation:work",
        "GET attesting-api:exposures",
        "GET attesting:exposure-progress",
        "GET bundles-api:bundle",
        "GET bundles-api:bundles",
        "GET bundles:list",
        "GET bundles:one",
        "GET bundles:progress",
        "GET isolation-api:report",
        "GET isolation:file",
        "GET isolation:report",
        "GET isolation:reports",
        "GET isolation:sabotage",
        "GET policy:edit",
        "GET registry:attestations",
        "GET registry:describe",
        "GET registry:doubts",
        "GET registry:import",
        "GET registry:imports",
        "GET registry:interest",
        "GET registry:new-party",
        "GET registry:parties",
        "GET registry:party",
        "GET registry:tie",
        "GET registry:withdraw",
        "GET tenants:admission",
        "GET tenants:closing",
        "GET tenants:home",
        "GET tenants:keys",
        "GET tenants:neutrality",
        "GET tenants:ownership",
        "GET tenants:platform",
        "GET tenants:setup",
        "GET tenants:state",
        "GET tenants:support-asks",
        "GET tenants:tokens",
    }
)
"""Routes that open nothing but labels: the columns that LG-02 does not count. A test calls each and looks."""

QUIET: Final[Mapping[str, str]] = {
    "job annotation.keep_aggregates": "opens and seals tallies; the answers in them were told when they were given",
    "job tenants.queue_webhook_events": "opens a webhook's own settings; webhook.delivered tells what leaves",
    "job tenants.run_isolation_check": "recomputes a workspace's log for who asked, inside transactions it rolls back",
    "POST annotation-api:browser-key": "derives a key for the reader's own drafts, and opens no cell",
    "command isolation_check": "the same, by hand",
}
"""Other errands."""


def is_quiet(errand: str) -> bool:
    """Say whether an errand with this name may unwrap a key and tell nobody."""
    return errand in LABELS_ONLY or errand in QUIET
