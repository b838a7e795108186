"""Nothing that a customer or a person gave us stands in clear: not in a disguise, and nowhere on the machine."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest
import redis
import requests

from ringfence.demo.corpus import LABS
from ringfence.demo.projects import PROJECTS
from tests.journeys.api import Api, Visit
from tests.journeys.demo_install import DemoInstall
from tests.journeys.leaks.places import Places
from tests.journeys.leaks.scanner import SHORTEST_NEEDLE, Hit, Marker, Scanner, told

SENTIMENT = Path(__file__).parents[4] / "shared/data/sentiment.jsonl"
GENERATED = 240
LABELED = 25
TOLD_FROM_CHANCE = 20
"""A text of so many characters does not stand somewhere by chance, as "wow." does."""
CONTROL = "planted-to-be-found"


def all_texts() -> list[str]:
    """Return the texts of the large file, each once, or generated ones where that is absent."""
    if not SENTIMENT.exists():
        print(f"\n{SENTIMENT.name} is not beside the repository: generated texts take its place")
        return [f"Generated remark {secrets.token_hex(6)}, said by nobody." for _ in range(GENERATED)]
    lines = SENTIMENT.read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(json.loads(line)["text"] for line in lines))


def seeded_texts() -> Iterator[tuple[str, str]]:
    """Yield what the demo's projects consist of: names, items, guidelines, questions and purposes."""
    for wanted in chain.from_iterable(PROJECTS):
        yield "seeded project", wanted.name
        for kind, content in (
            ("item", wanted.items),
            ("guideline", wanted.guidelines.splitlines()),
            ("schema", wanted.schema),
            ("purpose", wanted.purpose or {}),
            ("quiz", wanted.quiz),
        ):
            yield from (
                (f"seeded {kind}", text) for text in strings(content) if len(text) >= TOLD_FROM_CHANCE
            )


def strings(content: object) -> Iterator[str]:
    """Yield the texts in a JSON value, at any depth."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        yield from chain.from_iterable(strings(part) for part in content.values())
    elif isinstance(content, Sequence):
        yield from chain.from_iterable(strings(part) for part in content)


class Scene:
    """What is typed, sent and imported, under names that nobody else uses."""

    def __init__(self, demo: DemoInstall, texts: list[str]) -> None:
        self.demo, self.texts = demo, texts
        core = secrets.token_hex(5)
        self.project = f"Aurora {core} harvest"
        self.label = f"Rather {core} pleased"
        self.label_id = f"option-{core}-id"
        self.question = f"How {core} does it feel?"
        self.guideline = f"Judge {core} by what is meant."
        self.quiz = {
            "text": f"Which {core} feeling counts?",
            "choices": [f"Mine {core} alone", f"What is {core} meant"],
            "right": 1,
            "explanation": f"Only {core} meaning counts.",
        }
        self.file = f"quarterly-{core}-remarks.jsonl"
        self.email = f"newcomer.{core}@invited.example"
        self.stranger = f"stranger.{core}@nowhere.example"
        self.refused = f"A refused {core} row"
        self.answer = f"An impossible {core} answer"
        self.tenant = demo.person("Lena").tenant

    def markers(self) -> list[Marker]:
        """Return everything that must be nowhere.

        Names of parties are not in it: the register of companies and their ties is public knowledge, and
        stands in the control database as such.
        """
        people = self.demo.people()["people"]
        own = [
            ("project", self.project), ("label", self.label), ("id of a label", self.label_id),
            ("question", self.question), ("guideline", self.guideline), ("file name", self.file),
            *(("quiz", text) for text in strings([self.quiz["text"], self.quiz["choices"], self.quiz["explanation"]])),
            ("invited address", self.email), ("address that is nobody's", self.stranger),
            ("refused row", self.refused), ("refused answer", self.answer),
        ]  # fmt: skip
        seeded = [
            *((f"text {n}", t) for n, t in enumerate(self.texts) if len(t) >= TOLD_FROM_CHANCE),
            *(("address", person["email"]) for person in people),
            *(("person", person["name"]) for person in people if len(person["name"]) >= SHORTEST_NEEDLE),
            *(("workspace", name) for lab in LABS for name in lab),
            *seeded_texts(),
        ]
        return [Marker(name, text) for name, text in (*own, *seeded)]

    def play(self) -> None:
        """Do everything that a lab does with its texts, and everything that goes wrong with them."""
        owner, manager, labeler = (
            Api(self.demo, self.tenant, self.demo.token(self.tenant, role))
            for role in ("owner", "manager", "labeler")
        )
        project = manager.post("projects", {"name": self.project})["id"]
        options = [{"id": self.label_id, "text": self.label}, {"id": "other", "text": f"Not {self.label}"}]
        question = {"id": "feeling", "type": "choice", "text": self.question, "options": options}
        schema = {"version": 1, "item": {"text": "text"}, "questions": [question]}
        manager.put(f"projects/{project}/schema", {"schema": schema})
        manager.put(
            f"projects/{project}/guidelines",
            {"markdown": f"# Read this\n\n{self.guideline}\n", "quiz": [self.quiz]},
        )
        lena = next(m for m in owner.get("members")["members"] if m["name"] == "Lena Brandt")
        manager.post(f"projects/{project}/assignments", {"member": lena["id"]})
        for chosen in (0, 1):
            labeler.post(f"projects/{project}/quiz", {"version": 1, "answers": [chosen]})
        lines = [json.dumps({"id": f"{text[:80]} {n}", "text": text}) for n, text in enumerate(self.texts)]
        content = "\n".join([*lines, f'{{"text": "{self.refused}"', f'"{self.refused}"']).encode()
        job = manager.import_rows(project, content, name=self.file)
        assert manager.until_ended(f"imports/{job}")["rows_added"] == len(self.texts)
        assert manager.ask("GET", f"imports/{job}/errors").ok
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: self._label(labeler, project), range(LABELED)))
        lines_out = manager.export(project)
        assert sum(len(line["answers"]) for line in lines_out) == LABELED
        manager.get("projects")
        manager.get(f"projects/{project}/items")
        owner.get("audit/entries")
        self._go_wrong(manager, labeler, project)
        self._visit(owner, project)

    def _label(self, labeler: Api, project: str) -> None:
        (task,) = labeler.post(f"projects/{project}/tasks/next")["tasks"]
        labeler.post(f"tasks/{task['id']}/submission", {"answer": {"feeling": self.label_id}})

    def _go_wrong(self, manager: Api, labeler: Api, project: str) -> None:
        """Errors quote what they cannot read, unless somebody takes care."""
        (task,) = labeler.post(f"projects/{project}/tasks/next")["tasks"]
        path = f"tasks/{task['id']}/submission"
        text = self.answer
        assert labeler.ask("POST", path, json={"answer": {"feeling": text}}).status_code in (400, 422)
        assert labeler.ask("POST", path, json={"answer": text}).status_code in (400, 422)
        assert labeler.ask("POST", path, data=b'{"answer": ' + text.encode()).status_code >= 400
        assert manager.ask("POST", "projects", json={"name": text * 99}).status_code in (400, 422)
        assert manager.ask("GET", f"projects/{text}").status_code == 404
        assert manager.ask("GET", f"projects?page={text}&name={text}").status_code == 200
        for body in (text.encode(), b"\x1f\x8b" + text.encode(), text.encode("utf-16")):
            sent = manager.ask("POST", f"projects/{project}/imports", params={"name": self.file}, data=body)
            assert sent.status_code < 500

    def _visit(self, owner: Api, project: str) -> None:
        """Pages, sign-ins, wrong addresses, and a mail."""
        sent = owner.ask("POST", "invitations", json={"email": self.email, "role": "labeler"})
        assert sent.status_code in (200, 201), sent.text
        mina = Visit(self.demo, self.demo.person("Mina"))
        mina.sign_in(f"/w/{self.tenant}/projects")
        for page in ("", "/schema", "/guidelines", "/people", "/items", "/imports", "/exports"):
            assert mina.get(f"/w/{self.tenant}/projects/{project}{page}").status_code == 200
        stranger = requests.Session()
        login = stranger.get(f"{self.demo.base_url}/login", timeout=120)
        visit = Visit(self.demo, self.demo.person("Mina"))
        visit.session = stranger
        for address in (self.stranger, self.demo.person("Mina").email):
            refused = visit.post("/login", login, email=address, password="wrong-and-" + self.answer)
            assert refused.status_code in (400, 401, 403)
        visit.post("/password-reset", visit.get("/password-reset"), email=self.stranger)


def scan(demo: DemoInstall, folder: Path, texts: list[str]) -> dict[str, list[Hit]]:
    """Play, plant a finding in each kind of place, write everything out, and look everywhere."""
    demo.settle()
    scene, places = Scene(demo, texts), Places(demo, folder)
    control = f"{CONTROL}-{secrets.token_hex(6)}"
    log = demo.layout.var / "log" / "planted.log"
    var = demo.layout.var / "run" / "planted"
    with (
        redis.Redis.from_url(demo.layout.valkey.cache_url()) as valkey,
        demo.superuser("cell") as connection,
        places.watched_activity(),
    ):
        valkey.set("planted", control, ex=600)
        log.write_text(f"ERROR quoting {control}\n")
        var.write_bytes(control.encode("utf-16-le"))
        connection.execute("create table public.planted (plain text, sealed bytea)")
        connection.execute("insert into public.planted values (%s, %s)", [control, control.encode()])
        connection.execute(f"select pg_sleep(0.5), '{control}'")
        try:
            scene.play()
            places.write_out()
            scanner = Scanner([*scene.markers(), Marker(CONTROL, control)], folder)
            return places.scan(scanner)
        finally:
            connection.execute("drop table public.planted")
            valkey.delete("planted")
            log.unlink()
            var.unlink()


@pytest.fixture(scope="module")
def found(running_demo: DemoInstall, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Hit]]:
    """Scan once for the tests below."""
    return scan(running_demo, tmp_path_factory.mktemp("leaks"), all_texts())


PLACES = ("dump", "WAL", "PGDATA", "Valkey", "logs", "var", "pg_stat_activity")


@pytest.mark.parametrize("place", PLACES)
def test_the_scan_finds_what_is_planted_there(found, place):
    assert {hit.marker for hit in found[place]} >= {CONTROL}


def test_a_dump_shows_planted_text_and_planted_bytes(found):
    disguises = {hit.disguise for hit in found["dump"] if hit.marker == CONTROL}
    assert {"utf-8", "hex of utf-8"} <= disguises


@pytest.mark.parametrize("place", [*PLACES, "processes"])
def test_nothing_of_a_customers_or_a_persons_is_there(found, place):
    hits = [hit for hit in found[place] if hit.marker != CONTROL]
    assert hits == [], told(hits)
