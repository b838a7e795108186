"""A program with an API token, and a person with a cookie: what journeys do besides clicking."""

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.journeys.demo_install import DemoInstall, Person

FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ANSWER_SECONDS = 30


@dataclass
class Api:
    """One caller of one tenant's API."""

    demo: DemoInstall
    tenant: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {self.secret}"

    def url(self, path: str) -> str:
        """Return the address of a path below the tenant."""
        return f"{self.demo.base_url}/api/v1/{self.tenant}/{path}"

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send one request; raises `requests.RequestException` when no answer comes."""
        return self._session.request(method, self.url(path), timeout=ANSWER_SECONDS, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Return the JSON of a good answer."""
        return _good(self.ask("GET", path, **more)).json()

    def post(self, path: str, body: object = None, **more: Any) -> Any:
        """Send JSON; return the JSON of a good answer."""
        answer = _good(self.ask("POST", path, json={} if body is None else body, **more))
        return answer.json() if answer.content else None

    def put(self, path: str, body: object) -> Any:
        """Send JSON; return the JSON of a good answer."""
        return _good(self.ask("PUT", path, json=body)).json()

    def project_named(self, name: str) -> str:
        """Return the id of the project with this name."""
        return str(next(p["id"] for p in self.get("projects")["projects"] if p["name"] == name))

    def bundle(self) -> bytes:
        """Return a proof bundle of the whole log."""
        return _good(self.ask("POST", "audit/bundles", json={})).content

    def pin(self) -> bytes:
        """Return the pin file."""
        return _good(self.ask("GET", "audit/pin")).content

    def import_rows(self, project: str, content: bytes, *, name: str = "rows.jsonl") -> str:
        """Send a file; return the job's id without waiting for it."""
        answer = self.ask(
            "POST",
            f"projects/{project}/imports",
            params={"name": name},
            data=content,
            headers={"Content-Type": "application/x-ndjson"},
        )
        return str(_good(answer).json()["id"])

    def until_ended(self, path: str, *, seconds: float = 180) -> dict[str, Any]:
        """Poll a job until it has ended; outages on the way are waited out."""
        until = time.monotonic() + seconds
        job: dict[str, Any] = {}
        while time.monotonic() < until:
            try:
                answer = self.ask("GET", path)
                job = answer.json() if answer.status_code == 200 else job
            except (requests.RequestException, ValueError):
                pass
            if job.get("state") in {"done", "failed", "cancelled"}:
                return job
            time.sleep(0.2)
        raise AssertionError(f"the job has not ended after {seconds:.0f} s: {job}")

    def export(self, project: str, file_format: str = "jsonl") -> list[dict[str, Any]]:
        """Export a project as JSONL and return its lines."""
        job = self.post(f"projects/{project}/exports", {"format": file_format})
        done = self.until_ended(f"exports/{job['id']}")
        assert done["state"] == "done", done
        content = _good(self.ask("GET", f"exports/{job['id']}/file")).content
        return [json.loads(line) for line in content.splitlines()]


class Visit:
    """A signed-in person without a browser: cookies and form tokens, no scripts."""

    def __init__(self, demo: DemoInstall, person: Person) -> None:
        self.demo, self.person = demo, person
        self.session = requests.Session()

    def sign_in(self, path: str = "/") -> requests.Response:
        """Sign in by the ordinary form, with the second factor where it is asked for; return where one lands."""
        answer = self.get(f"/login?next={path}")
        answer = self.post(
            "/login", answer, email=self.person.email, password=self.person.password, next=path
        )
        for _ in range(2):  # a code that somebody used just before is refused, and the next one is not
            if "/second-factor" in answer.url:
                answer = self.post("/second-factor", answer, code=self.person.fresh_code(), next=path)
        return answer

    def get(self, path: str) -> requests.Response:
        """Open a page."""
        return self.session.get(self.demo.base_url + path, timeout=ANSWER_SECONDS)

    def post(self, path: str, page: requests.Response, **values: str) -> requests.Response:
        """Send a form that stood on `page`."""
        found = FORM_TOKEN.search(page.text)
        assert found is not None, f"{page.url} has no form: {page.status_code}"
        return self.session.post(
            self.demo.base_url + path,
            data={**values, "csrfmiddlewaretoken": found[1]},
            headers={"Referer": page.url},
            timeout=ANSWER_SECONDS,
        )


def _good(answer: requests.Response) -> requests.Response:
    assert answer.status_code < 300, (
        f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:400]}"
    )
    return answer
