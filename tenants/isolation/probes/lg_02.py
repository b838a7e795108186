"""LG-02: whatever opens a sealed cell in answer to a request tells the log, and names what it opened."""

from collections.abc import Callable
from uuid import UUID

from audit.subjects import is_about
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.opening import Opening
from tenants.isolation.probe import Plant
from tenants.isolation.surface import Route
from tenants.isolation.target import Target
from tenants.isolation.tour import driven, visits
from tenants.isolation.visits import Kind, Visit

ID = "LG-02"
TITLE = "Whatever opens content tells the log"
PROVES = (
    "Every page and API route of a workspace made for the check is called while each cell that it opens is watched:"
    " for each there is an event that names it, or what it belongs to. Labels and the reader's own name are not"
    " counted, nor answers that refuse; the notes say which."
)
DRIVEN = True

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
    """Hold what was opened while each route answered its own members against what was told."""
    tally = Tally(ID)
    opened = 0
    with driven(target) as drive:
        for visit in visits(target, drive, tally):
            opened += judge(visit, tally, target.k1.tenant_id)
    if opened == 0:
        tally.miss("no route opened anything, so nothing was shown")
    tally.notes.append(f"{opened} openings were held against what was told")
    tally.notes.extend(f"not counted: {column} ({why})" for column, why in LABELS.items())
    return tally.finding()


def judge(visit: Visit, tally: Tally, tenant_id: UUID) -> int:
    """Say which columns were opened and not told of; return how many openings were counted."""
    own = visit.of(Kind.OWN)
    if not own:
        tally.miss(f"{visit.route.label}: it was not called")
        return 0
    tally.look()
    counted, wrong = 0, set[str]()
    for shown in (asked.shown for asked in own if asked.shown is not None):
        reads_log = any(event.get("verb") in READINGS for event in shown.told)
        for opening, names in shown.opened.items():
            if not counts(visit.route, opening, shown.readers):
                continue
            counted += 1
            read = reads_log and opening.column in READ_WITH_THE_LOG
            if not read and not any(is_about(event, names) for event in shown.told):
                wrong.add(opening.column)
    for column in sorted(wrong):
        tally.wrong(f"{visit.route.label} opens {column} and no event names what it opened", tenant_id)
    return counted


def counts(route: Route, opening: Opening, readers: frozenset[UUID]) -> bool:
    """Say whether an event is owed for what a route opened. `readers` are the members who have the caller's role."""
    if opening.column in LABELS or (route.label, opening.column) == REPEATED:
        return False
    if opening.column in APPLIED and route.method != "GET":
        return False
    # A page greets its reader by name.
    return not (opening.column.startswith("tenants_member.") and opening.row in readers)


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
