"""What the document tells receivers to do works on what they receive."""

import re
from typing import Any

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.egress.backoff import WAITS
from tenants.services.ask_webhook import send_test
from tests.guards.repository import DOCS
from tests.unit.egress.receiving import Authority, Names
from tests.webhooks.doing import hook_to
from tests.world import Workspace

TEXT = (DOCS / "webhooks.md").read_text(encoding="utf-8")


def test_the_example_verifies_a_request_and_refuses_a_changed_one(
    acme: Workspace, names: Names, trusted: Authority
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    there: dict[str, Any] = {}
    exec(example, there)  # noqa: S102 - our own document
    with hook_to(acme, names, trusted) as hook:
        admin = acme.context(Role.ADMIN)
        with acting(admin):
            send_test(admin, webhook_id=hook.webhook_id)
        hook.send()
        (request,) = hook.there.requests
    assert there["genuine"](hook.secret, request.headers, request.body)
    assert not there["genuine"](hook.secret, request.headers, request.body + b" ")
    old = {**request.headers, "webhook-timestamp": "1614265330"}
    assert not there["genuine"](hook.secret, old, request.body)


def test_the_waits_are_the_ones_that_are_kept() -> None:
    said = "after 5 s, 30 s, 2 min, 10 min, 1 h, 4 h and 10 h"
    assert said in TEXT
    assert [wait.total_seconds() for wait in WAITS] == [5, 30, 120, 600, 3600, 4 * 3600, 10 * 3600]
    assert f"tried up to {len(WAITS) + 1} times" in TEXT
