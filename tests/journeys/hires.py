"""New people of a lab: invited by its owner, they follow the mailed link and declare their ties as anybody does."""

import re
import secrets
from urllib.parse import parse_qs, urlsplit

import requests

from tests.journeys.api import Api, Visit
from tests.journeys.demo_install import DemoInstall, Person

MAILED = re.compile(r"<article.*?To (\S+)</p>.*?href=\"([^\"]+)\"", re.DOTALL)


def next_of(page: requests.Response) -> str:
    """Return where the declaration leads back to."""
    return parse_qs(urlsplit(page.url).query)["next"][0]


def hire(demo: DemoInstall, owner: Api, *names: str) -> list[Visit]:
    """Return new labelers, signed in."""
    home = demo.person("Lena")
    hired = []
    for name in names:
        mark, password = secrets.token_hex(4), secrets.token_urlsafe(16)
        email = f"{name.lower()}.{mark}@northwind.example"
        person = Person(f"{name} {mark}", "labeler", home.tenant, home.workspace, email, password, "")
        owner.post("invitations", {"email": email, "role": "labeler"})
        visit = Visit(demo, person)
        links = dict(MAILED.findall(visit.get("/mail").text))
        offered = visit.session.get(links[email], timeout=120)
        accepted = visit.post("/invitation", offered, name=person.name, password=password)
        assert "/declaration" in accepted.url, accepted.text
        declared = visit.post("/declaration", accepted, none="1", next=next_of(accepted))
        assert declared.ok, declared.text
        hired.append(visit)
    return hired
