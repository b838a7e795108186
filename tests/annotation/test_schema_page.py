"""The schema editor over HTTP: without script, JSON does it all; places of errors, conflicts, versions."""

import json
import re
from html import unescape
from typing import Any

import pytest

from annotation.labels.templates.catalogue import templates
from annotation.models import SchemaVersion
from annotation.services.set_schema import set_schema
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.making import SCHEMA, Work, new_work
from tests.annotation.visiting import Visitor
from tests.world import Workspace

OTHER: dict[str, Any] = {
    **SCHEMA,
    "questions": [{**SCHEMA["questions"][0], "text": "How does it feel?"}],  # type: ignore[index]
}


def editor(work: Work) -> tuple[Visitor, str]:
    """Return the owner and the editor's address."""
    return Visitor(work.workspace.someone(Role.OWNER)), f"projects/{work.project_id}/schema"


def versions(work: Work) -> int:
    """Return how many versions there are."""
    with acting(work.workspace.context()):
        return SchemaVersion.objects.filter(project_id=work.project_id).count()


def publish(work: Work, schema: dict[str, Any]) -> None:
    """Publish one more version, as somebody else."""
    context = work.workspace.context()
    with acting(context):
        set_schema(context, project_id=work.project_id, schema=schema)


def field(page: str, name: str) -> str:
    """Return what stands in a textarea of the page."""
    found = re.search(rf'<textarea name="{name}"[^>]*>\n?(.*?)</textarea>', page, re.S)
    assert found is not None
    return unescape(found[1])


@pytest.mark.parametrize("name", [template.name for template in templates()])
def test_each_template_is_offered_and_can_be_published_as_it_stands(acme: Workspace, name: str) -> None:
    work = new_work(acme, schema=False)
    owner, address = editor(work)
    page = owner.page(f"{address}?template={name}").content.decode()
    assert versions(work) == 0
    template = next(each for each in templates() if each.name == name)
    assert json.loads(field(page, "schema")) == template.schema
    assert json.loads(field(page, "sample")) == template.items[0]
    sent = {"schema": field(page, "schema"), "base": "0", "do": "publish"}
    assert owner.page(address, sent).status_code == 302
    assert versions(work) == 1


def test_two_people_who_edit_one_version_do_not_overwrite_each_other(acme: Workspace) -> None:
    work = new_work(acme)
    owner, address = editor(work)
    mine = {"schema": json.dumps(OTHER), "base": "1", "do": "publish"}
    assert 'name="base" value="1"' in owner.page(address).content.decode()
    publish(work, SCHEMA)
    refused = owner.page(address, mine)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "The newest version is 2, and yours goes on from 1" in page
    assert json.loads(field(page, "schema")) == OTHER
    assert versions(work) == 2
    assert 'name="base" value="2"' in page
    assert owner.page(address, mine | {"base": "2"}).status_code == 302
    assert versions(work) == 3


def test_a_program_that_names_its_base_does_not_overwrite_somebody_either(acme: Workspace) -> None:
    work = new_work(acme)
    owner, _ = editor(work)
    route = f"projects/{work.project_id}/schema"
    assert owner.api("PUT", route, {"schema": OTHER, "base": 1}).json() == {"version": 2}
    refused = owner.api("PUT", route, {"schema": SCHEMA, "base": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "schema_moved")
    assert "The newest version is 2, and yours goes on from 1" in refused.json()["message"]
    ahead = owner.api("PUT", route, {"schema": SCHEMA, "base": 3})
    assert (ahead.status_code, ahead.json()["field"]) == (400, "base")
    assert owner.api("PUT", route, {"schema": SCHEMA, "base": -1}).status_code == 400
    assert versions(work) == 2
    for body in ({"schema": SCHEMA}, {"schema": SCHEMA, "base": None}):
        assert owner.api("PUT", route, body).status_code == 200


def test_a_check_says_what_changes_and_publishes_nothing(acme: Workspace) -> None:
    work = new_work(acme)
    owner, address = editor(work)
    changed = json.loads(json.dumps(SCHEMA))
    changed["questions"][0]["options"][1] = {"id": "grim", "text": "Grim"}
    changed["questions"].append({"id": "why", "type": "text", "text": "Why?"})
    page = owner.page(address, {"schema": json.dumps(changed), "base": "1", "do": "check"}).content.decode()
    for said in ("The schema is right", "has new options: grim", "lost options: sad", "new question: “why”"):
        assert said in page
    assert versions(work) == 1
    same = owner.page(address, {"schema": json.dumps(SCHEMA), "base": "1", "do": "check"}).content.decode()
    assert "It changes nothing" in same


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ('{\n "version": 1,\n oops}', "line 3, column 2"),
        (json.dumps({**SCHEMA, "questions": []}), "questions"),
        (json.dumps({**SCHEMA, "questions": [{"id": "a", "type": "rating", "text": ""}]}), "questions[0]"),
        (json.dumps({**SCHEMA, "colour": "red"}), "schema"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_text_stays(
    acme: Workspace, schema: str, place: str
) -> None:
    work = new_work(acme)
    owner, address = editor(work)
    for do in ("check", "publish"):
        refused = owner.page(address, {"schema": schema, "base": "1", "do": do})
        page = unescape(refused.content.decode())
        assert refused.status_code == 400
        assert place in page
        assert field(page, "schema").replace("\r\n", "\n") == schema
    assert versions(work) == 1


def test_versions_are_listed_and_an_older_one_can_be_looked_at(acme: Workspace) -> None:
    work = new_work(acme)
    owner, address = editor(work)
    publish(work, OTHER)
    page = owner.page(address).content.decode()
    assert "asked now" in page
    assert "Look at version 1" in page
    assert "How does it feel?" in field(page, "schema")
    older = owner.page(f"{address}?version=1").content.decode()
    assert "How does it sound?" in field(older, "schema")
    assert "This is version 1, an older one" in older
    assert 'name="base" value="2"' in older


def test_only_who_manages_the_project_reaches_the_editor(acme: Workspace, rival: Workspace) -> None:
    work = new_work(acme)
    _owner, address = editor(work)
    for someone in (acme.someone(Role.MANAGER), rival.someone(Role.OWNER)):
        assert Visitor(someone).page(address).status_code == 404
        sent = {"schema": json.dumps(OTHER), "base": "1", "do": "publish"}
        assert Visitor(someone).page(address, sent).status_code == 404
    assert versions(work) == 1
