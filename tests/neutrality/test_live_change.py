"""A fact is stated in one process, and it holds in all: page, API, job, stream, prefetched item, draft. No mock."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from annotation.models import ExportJob, Slot
from annotation.services import run_export
from annotation.services.run_export import run_export as make_export
from annotation.services.start_export import start_export
from annotation.services.stream_export import open_export, stream_export
from annotation.services.take_tasks import take_tasks
from annotation.values import ExportState, ProjectRight
from ringfence.celery import app
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.cookies import COOKIE
from tenants.gate.errors import Excluded, NotSignedIn, TicketVoid
from tests.annotation.live import Processes, wait_until
from tests.annotation.making import GLAD, Work, new_work
from tests.neutrality.stating import exclude, hold, party, works_for
from tests.stack import Stack
from tests.tenants.browser import events_of
from tests.world import Someone, Workspace

pytestmark = pytest.mark.ground


@pytest.fixture(scope="module")
def live(stack: Stack) -> Iterator[Processes]:
    """A web server and a worker with memories of their own."""
    running = Processes(stack)
    app.control.purge()
    running.start_web()
    running.start_worker()
    yield running
    running.stop()


class Calling:
    """Somebody's browser or script against the live server."""

    def __init__(self, live: Processes, someone: Someone) -> None:
        self._live, self._someone = live, someone

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Return (status, code of the answer); a page that leads to the sign-in is 302."""
        connection = self._live.connection()
        cookies = f"{COOKIE}={self._someone.session}; csrftoken={'x' * 32}"
        headers = {"Cookie": cookies, "X-CSRFToken": "x" * 32, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        is_json = (answer.getheader("Content-Type") or "").startswith("application/json")
        return answer.status, json.loads(said).get("code", "") if is_json else ""


def test_a_statement_holds_at_every_door_of_every_process(
    stack: Stack, acme: Workspace, live: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    investor, vendor = party("Investor"), party("Vendor")
    exclude(acme, investor)
    work = new_work(acme)
    work.add(*(f"text {n} " + "y" * 20_000 for n in range(90)))
    labeler, manager = work.labeler(), acme.someone(Role.MANAGER)
    work.assign(manager, ProjectRight.MANAGE)
    for someone in (labeler, manager):
        works_for(someone, vendor)
    held = [task.task_id for task in take_tasks(labeler.context, project_id=work.project_id, count=3).tasks]
    stream, waiting = _exports(manager, work, monkeypatch)
    browser, script = Calling(live, labeler), Calling(live, manager)
    base, api = f"/w/{acme.public_id}", f"/api/v1/{acme.public_id}"
    assert browser.ask("GET", f"{base}/")[0] == 200
    assert browser.ask("PUT", f"{api}/tasks/{held[0]}/draft", {"version": 0, "body": {}})[0] == 200
    assert script.ask("GET", f"{api}/projects/{work.project_id}")[0] == 200
    next(stream)

    # The bank's notice: stated here, and read there.
    hold(investor, vendor, "49", voting=False)

    refused = (401, 403)
    wait_until(lambda: browser.ask("GET", f"{api}/projects")[0] in refused)
    wait_until(lambda: script.ask("GET", f"{api}/projects")[0] in refused)
    assert browser.ask("GET", f"{base}/")[0] in (302, 403)
    answer = {
        "answer": GLAD,
        "lead_ms": 900,
        "active_ms": 900,
        "schema_version": 1,
        "idempotency_key": str(uuid4()),
    }
    assert browser.ask("POST", f"{api}/tasks/{held[1]}/submission", answer)[0] in refused
    assert browser.ask("PUT", f"{api}/tasks/{held[0]}/draft", {"version": 1, "body": {"x": 1}})[0] in refused
    with pytest.raises((Excluded, NotSignedIn)):
        for _ in stream:
            pass

    app.send_task("tenants.enforce_verdicts", ignore_result=True)
    wait_until(lambda: len(events_of(stack, acme, "member.barred")) == 2)
    owner = acme.context()
    with acting(owner):
        assert not Slot.objects.filter(labeler_id=labeler.member_id).exists(), "what was held went back"
        assert ExportJob.objects.get(id=waiting).state == ExportState.FAILED
    with pytest.raises((Excluded, NotSignedIn, TicketVoid)):
        make_export(manager.context, job_id=waiting)
    assert events_of(stack, acme, "submission.accepted") == []


def _exports(manager: Someone, work: Work, monkeypatch: pytest.MonkeyPatch) -> tuple[Iterator[object], UUID]:
    """Return a stream of a finished export that has begun, and an export that waits for its worker."""
    monkeypatch.setattr(run_export, "DELIVERED_OBJECTS", 30)
    done, waiting = (
        start_export(manager.context, project_id=work.project_id, file_format="jsonl")[0] for _ in range(2)
    )
    assert make_export(manager.context, job_id=done) == ExportState.DONE
    context = manager.context
    return stream_export(context, open_export(context, job_id=done)), waiting
