"""LG-02: whatever opens a sealed cell in answer to a request tells the log, and names what it opened."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from audit.subjects import is_about
from ringfence.kernel.permissions import Role
from tenants.gate.canaries import canary_credentials
from tenants.gate.resolve import forget
from tenants.isolation.caller import as_a_server, call
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.opening import Opening, names_of, told, watching_openings
from tenants.isolation.probe import Plant
from tenants.isolation.surface import Route, tenant_routes
from tenants.isolation.target import Target, undone
from tenants.models import Member

ID = "LG-02"
TITLE = "Whatever opens content tells the log"
PROVES = (
    "Every page and API route of a workspace made for the check is called while each cell that it opens is watched:"
    " for each there is an event that names it, or what it belongs to. Labels and the reader's own name are not"
    " counted, nor answers that refuse; the notes say which."
)

LABELS = {
    "tenants_profile.name": "what the workspace is called, in the frame of every page",
    "tenants_profile.code_name": "what its labelers call it, in the frame of every page",
    "tenants_datakey.wrapped": "a key, for the keyring alone",
    "tenants_webhook.secret": "signs what a webhook sends; shown once, which webhook_secret.rotated tells",
    "tenants_webhook.old_secret": "signs what a webhook sends",
    "tenants_exposurereport.question": "about whom a report is, to those who may ask",
    "tenants_exposurereport.tally": "how far a report is; what it found is in its parts",
    "tenants_exposurereport.ticket": "for the job alone",
    "tenants_bundlejob.selection": "which events a bundle holds, to those who may ask for one",
    "tenants_bundlejob.digest": "a hash of what a bundle.delivered tells",
    "tenants_isolationreport.report": "a canary's run never ends, and a report is told once it has",
    "annotation_project.name": "what a project is called, wherever one is chosen",
    "annotation_skill.name": "what a skill is called, wherever one is chosen",
    "annotation_importjob.file_name": "what a file was called, to those who may bring one",
    "annotation_importjob.options": "how a file is read",
    "annotation_importjob.ticket": "for the job alone",
    "annotation_exportjob.digest": "a hash of what an export.delivered tells",
    "annotation_exportjob.ticket": "for the job alone",
    "annotation_submission.work_openings": "salts of the work log; work_receipt.delivered tells when they leave",
}
"""Sealed columns that are not counted, and why."""

APPLIED = frozenset(
    {
        "annotation_schemaversion.body",
        "annotation_guidelinesversion.body",
        "annotation_guidelinesversion.quiz",
    }
)
"""A project's rules: whoever sends something has them applied to it. They are counted where they are read."""

REPEATED = ("POST annotation-api:submission", "annotation_submission.answer")
"""A request that is sent twice is held against what it repeats, and answered with the first one's receipt."""

READINGS = frozenset(
    {
        "audit_timeline.delivered",
        "audit.exported",
        "own_events.delivered",
        "exposure.asked",
        "exposure.replayed",
    }
)
"""Events that tell of reading the log itself."""

READ_WITH_THE_LOG = frozenset({'"audit"."body".core', '"audit"."body".pii', "tenants_member.name"})
"""What the log holds, and the names of those whom it names."""


def detect(target: Target) -> Finding:
    """Call each route as whoever may, and hold what was opened against what was told."""
    tally = Tally(ID)
    credentials = canary_credentials(target.k1.tenant_id)
    rows = target.rows(target.k1)
    opened = 0
    with as_a_server(target.app_role):
        for route in tenant_routes():
            if 0 < target.enough <= len(tally.violations):
                break
            example, roles = route.example(rows), route.roles(credentials)
            asked = None if example is None else route.call(target.k1.public_id, example)
            if asked is None or not roles:
                tally.miss(f"{route.label}: no example request, or its canary rows are missing")
                continue
            readers = _members(target, roles[0])
            with undone(), undone("control"):
                with watching_openings() as seen:
                    answer = call(asked, credentials[roles[0]], app_role=target.app_role)
                if answer.status < 400:
                    counted = [each for each in seen.opened if _counts(route, each, readers)]
                    opened += len(counted)
                    _compare(target, tally, route, counted, told(target, target.k1, seen.built))
            tally.look()
    forget()
    if opened == 0:
        tally.miss("no route opened anything, so nothing was shown")
    tally.notes.append(f"{opened} openings were held against what was told")
    tally.notes.extend(f"not counted: {column} ({why})" for column, why in LABELS.items())
    return tally.finding()


def _members(target: Target, role: Role) -> frozenset[UUID]:
    """Return who has a role at the canary: a page greets its reader by name."""
    with target.as_app(target.k1):
        return frozenset(Member.objects.filter(role=role).values_list("id", flat=True))


def _counts(route: Route, opening: Opening, readers: frozenset[UUID]) -> bool:
    if opening.column in LABELS or (route.label, opening.column) == REPEATED:
        return False
    if opening.column in APPLIED and route.method != "GET":
        return False
    return not (opening.column.startswith("tenants_member.") and opening.row in readers)


def _compare(
    target: Target, tally: Tally, route: Route, opened: list[Opening], events: list[dict[str, Any]]
) -> None:
    """Say which columns were opened and not told of."""
    wrong = set[str]()
    with target.as_app(target.k1):
        for each in opened:
            read = each.column in READ_WITH_THE_LOG and any(event.get("verb") in READINGS for event in events)
            if not read and not any(is_about(event, names_of(each)) for event in events):
                wrong.add(each.column)
    for column in sorted(wrong):
        tally.wrong(f"{route.label} opens {column} and no event names what it opened", target.k1.tenant_id)


def _plant(name: str) -> Callable[[Target], None]:
    def act(target: Target) -> None:
        # Imported late: the routes import the pages, and the pages this room.
        from tenants.isolation.planted_urls import add_route

        add_route(target, name)

    return act


PLANTS = (
    Plant("untold", "A page is added that shows what is sealed and tells nobody", _plant("planted-untold")),
    Plant("misnamed", "A page is added that tells the log of something else", _plant("planted-misnaming")),
)
