"""A succession on the page and by the API: told to whoever reads the log, taken by whoever keeps a pin."""

from typing import Any

import psycopg
from django.test import Client

from audit.pins import Pin
from audit.verify.judge import Verdict
from audit.verify.succession import judge_succession
from tests.audit.logkeeping import Keeper, happen
from tests.audit.test_http import api, body_of, visitor
from tests.audit.test_succession import lose, pin_bytes
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


def page(workspace: Workspace, name: str = "") -> str:
    return f"/w/{workspace.public_id}/audit{name}"


def auditor(workspace: Workspace, keeper: Keeper) -> Client:
    (keeper.stack.directory / "static").mkdir(exist_ok=True)
    return visitor(workspace)


def test_a_log_that_succeeds_nobody_says_so(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    client = auditor(acme, keeper)
    answer = client.get(api(acme, "succession"), {"old": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "log_not_succeeded")
    assert client.get(page(acme, "/succession"), {"old": 1}).status_code == 409
    assert "given up" not in client.get(page(acme)).content.decode()


def test_the_page_tells_of_it_and_gives_the_file_that_the_api_gives(
    acme: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    pin = pin_bytes(acme)
    keeper.settle()
    size = Pin.parse(pin).signed.checkpoint.size
    kept = keeper.size(acme)
    happen(acme, 5)
    keeper.settle()
    lose(keeper, acme, superuser, kept)
    client = auditor(acme, keeper)
    text = client.get(page(acme)).content.decode()
    assert "A log that was given up" in text
    assert f"This one goes on from {kept} of them." in text
    by_api = body_of(client.get(api(acme, "succession"), {"old": size}))
    answer = client.get(page(acme, "/succession"), {"old": size})
    assert answer["Content-Disposition"] == f'attachment; filename="since-{size}.succession"'
    for file in (by_api, body_of(answer)):
        assert judge_succession(file, pin).verdict is Verdict.GOOD
    assert client.get(page(acme, "/succession"), {"old": "-1"}).status_code == 400
    assert client.get(api(acme, "succession"), {"old": "x"}).status_code == 400


def test_another_workspace_gets_nothing_of_it(
    acme: Workspace, rival: Workspace, keeper: Keeper, superuser: Superuser
) -> None:
    keeper.settle()
    happen(acme, 5)
    keeper.settle()
    lose(keeper, acme, superuser, 2)
    stranger = auditor(rival, keeper)
    assert stranger.get(api(acme, "succession")).status_code == 404
    assert stranger.get(page(acme, "/succession")).status_code == 404
    assert stranger.get(api(rival, "succession")).status_code == 409
