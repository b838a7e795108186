"""Rows of the registry and of neutrality, made by the forms that people use, for whoever visits their pages."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from requests import Response

from tests.journeys.api import ANSWER_SECONDS, Visit
from tests.journeys.demo_install import DemoInstall

BODS = b"[]"
"""A file that states nothing: read, and shown with its preview."""
TOKEN = r"action=\"\?csrfmiddlewaretoken=([^\"&]+)"
UUID_HEX = "[0-9a-f-]{36}"


def registry_rows(demo: DemoInstall, mark: str) -> dict[str, str]:
    """Return ids of a party, a statement and an import that the operator made; none touches anybody's policy."""
    opal = Visit(demo, demo.person("Opal"))
    opal.sign_in()
    base, today = f"/w/{demo.person('Opal').tenant}/registry", datetime.now(UTC).date().isoformat()
    party = ""
    for name in (f"Harbour {mark}", f"Quay {mark}"):
        form = opal.get(f"{base}/new")
        made = opal.post(f"{base}/new", form, name=name, kind="entity", identifiers="", source="a tour")
        party = _found(rf"/registry/parties/({UUID_HEX})", made.url)
    path = f"{base}/parties/{party}"
    held = {"holder": f"Harbour {mark}", "type": "shareholding", "share_min": "10", "share_max": "10"}
    said = {"date": today, "source": "a tour", "assurance": "document"}
    stated = _send(opal, f"{path}/interest", None, voting="on", direct="on", **held, **said)
    statement = _found(rf"/registry/statements/({UUID_HEX})/withdraw", stated.text)
    sent = _send(opal, f"{base}/imports", BODS, kind="bods", source=f"a tour {mark}", dated=today)
    registry_import = _found(rf"/registry/imports/({UUID_HEX})", sent.url)
    return {"party_id": party, "statement_id": statement, "registry_import": registry_import}


def _send(visit: Visit, path: str, content: bytes | None, **values: str) -> Response:
    """Send a form that takes a file: its token stands in the address, for the body is read late."""
    page = visit.get(path)
    return visit.session.post(
        visit.demo.base_url + path + f"?csrfmiddlewaretoken={_found(TOKEN, page.text)}",
        data=values,
        files={"file": ("empty.json", content)} if content is not None else {"none": ("", b"")},
        headers={"Referer": page.url},
        timeout=ANSWER_SECONDS,
    )


def asked_exposure(demo: DemoInstall, tenant: str) -> str:
    """Return the id of an exposure report that an officer asked for."""
    cora = Visit(demo, demo.person("Cora"))
    cora.sign_in()
    path, today = f"/w/{tenant}/neutrality/exposure", datetime.now(UTC).date().isoformat()
    form = cora.get(path)
    everybody = _found(r'name="about"[^>]*>\s*<option value="([^"]+)"', form.text)
    asked = cora.post(path, form, about=everybody, since=today, until=today)
    return _found(rf"/neutrality/exposure/({UUID_HEX})", asked.url)


def issued_attestation(demo: DemoInstall, tenant: str, *, seconds: float) -> str:
    """Return the id of an attestation that an officer asked for, once it is there: a check has just passed."""
    cora = Visit(demo, demo.person("Cora"))
    cora.sign_in()
    path, today = f"/w/{tenant}/neutrality/attestations", datetime.now(UTC).date().isoformat()
    since = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    until, counting, said = time.monotonic() + seconds, "", ""
    while True:
        assert time.monotonic() < until, f"no attestation: {_main_of(said)}"
        if not counting:
            # A check counts for today's period once half a minute is over.
            asked = cora.post(path, cora.get(path), since=since, until=today)
            counting = asked.url.removeprefix(demo.base_url) if "/exposure/" in asked.url else ""
        said = cora.get(counting).text if counting else asked.text
        found = re.search(rf"/neutrality/attestations/({UUID_HEX})", said) if counting else None
        if found is not None:
            return found[1]
        time.sleep(1)


def not_green(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a finished isolation check says of every question that it does not answer with yes."""
    return [
        check
        for check in report["checks"]
        if check["status"] not in {"pass", "learned"} or not check["sound"]
    ] or ([] if report["exit_code"] == 0 else [report])


def _main_of(page: str) -> str:
    """Return what a page says, without its frame."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition('id="main"')[2]).split())[:3000]


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, f"{pattern} is not in {text[:2000]}"
    return found[1]
