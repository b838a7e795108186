"""Routes that owe the log no event when they unwrap a key: each is called by whoever may, and its openings watched."""

from django.core.management import get_commands

from annotation import tasks as _jobs_of_annotation  # noqa: F401 - its import registers them
from ringfence.celery import app
from ringfence.kernel.permissions import GRANTS
from tenants import tasks as _jobs_of_tenants  # noqa: F401 - its import registers them
from tenants.gate.canaries import canary_credentials
from tenants.isolation.caller import as_a_server, call
from tenants.isolation.opening import members_with, watching_openings
from tenants.isolation.probes.lg_02 import counts
from tenants.isolation.surface import tenant_routes
from tenants.isolation.target import Target, undone
from tenants.keys.quiet_errands import LABELS_ONLY, QUIET, is_quiet


def watched(shadow: Target) -> tuple[set[str], dict[str, set[str]]]:
    """Return the pages that opened labels alone and told nobody, and of other routes the columns that count."""
    credentials = canary_credentials(shadow.k1.tenant_id)
    rows = shadow.rows(shadow.k1)
    quiet, loud = set[str](), dict[str, set[str]]()
    with as_a_server(shadow.app_role):
        for route in tenant_routes():
            example = route.example(rows)
            asked = None if example is None else route.call(shadow.k1.public_id, example)
            for role in credentials:
                if asked is None or (route.permission is not None and route.permission not in GRANTS[role]):
                    continue
                readers = members_with(shadow, role)
                with undone(), undone("control"):
                    with watching_openings() as seen:
                        answer = call(asked, credentials[role], app_role=shadow.app_role)
                    counted = {each.column for each in seen.opened if counts(route, each, readers)}
                    if answer.status < 400 and counted:
                        loud.setdefault(route.label, set()).update(counted)
                    elif answer.status < 400 and seen.opened and not seen.built and route.method == "GET":
                        quiet.add(route.label)
    return quiet - loud.keys(), loud


def test_whatever_may_be_silent_opens_labels_alone(shadow: Target) -> None:
    quiet, loud = watched(shadow)
    assert len(loud) > 50, "most routes were called, and opened something"
    assert {name: columns for name, columns in loud.items() if is_quiet(name)} == {}
    assert quiet == LABELS_ONLY, "a page that opens labels alone is listed in tenants/keys/quiet_errands.py"


def test_every_quiet_job_is_one_of_ours() -> None:
    there = {f"job {name}" for name in app.tasks} | {f"command {name}" for name in get_commands()}
    there |= {route.label for route in tenant_routes()}
    assert set(QUIET) <= there
    assert all(reason for reason in QUIET.values())
