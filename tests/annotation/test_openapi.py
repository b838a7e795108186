"""The API's schema is whole: every route of the API, each method that it answers, and no warning on the way."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from ringfence.kernel.checks import routes, view_class_of

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def schema(stack: Any) -> dict[str, Any]:
    answer = Client(SERVER_NAME="127.0.0.1").get("/api/schema/?format=json")
    assert answer.status_code == 200
    document: dict[str, Any] = json.loads(answer.content)
    return document


def in_schema_words(path: str) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def test_it_has_each_route_and_method_and_no_other(schema: dict[str, Any]) -> None:
    there = {
        (in_schema_words(path), method)
        for _, path, pattern in routes()
        if path.startswith("api/v1/")
        for method in METHODS
        if hasattr(view_class_of(pattern), method)
    }
    said = {(path, method) for path, methods in schema["paths"].items() for method in methods}
    assert len(there) > 30
    assert said == there


def test_every_operation_has_a_name_of_its_own_a_description_and_answers(schema: dict[str, Any]) -> None:
    operations = [operation for methods in schema["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert [o["operationId"] for o in operations if not o.get("description", "").strip()] == []
    assert [o["operationId"] for o in operations if not o.get("responses")] == []


def test_every_reference_leads_to_a_component(schema: dict[str, Any]) -> None:
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))
    assert wanted
    assert wanted - set(schema["components"]["schemas"]) == set()


def test_the_generator_has_nothing_to_complain_about(stack: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command

    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(stack.directory / "schema.yaml")
    )
    assert "Warning" not in capsys.readouterr().err


def test_the_page_shows_every_path_of_it(schema: dict[str, Any]) -> None:
    text = Client(SERVER_NAME="127.0.0.1").get("/api/").content.decode()
    assert [path for path in schema["paths"] if path not in text] == []
