"""The API's schema as a file and as a page of our own, drawn from the same document.

No ready-made viewer: the common ones need `data:` images and `new Function`, which our policy refuses.
"""

from dataclasses import dataclass
from http import HTTPMethod
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage

REASON = "the shape of the API is public; it names no tenant"


class SchemaFile(SpectacularAPIView):
    """`/api/schema/`: OpenAPI 3 as YAML or JSON."""

    requires = Public(REASON)
    authentication_classes = ()
    permission_classes = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the page shows it."""

    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[dict[str, Any], ...]
    body: tuple[dict[str, Any], ...]
    answers: tuple[tuple[str, str], ...]


class ApiPage(PublicPage):
    """`/api/`: every operation, with parameters, body and answers."""

    requires = Public(REASON)
    template = "ringfence/api.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the operations by path."""
        generator: Any = SchemaGenerator  # the library is not typed
        schema = generator().get_schema(request=None, public=True)
        groups: dict[str, list[Operation]] = {}
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                if method.upper() in HTTPMethod.__members__:
                    group = path.removeprefix("/api/v1/{tenant}/").split("/")[0]
                    groups.setdefault(group, []).append(_operation(schema, path, method, operation))
        return self.page(groups=sorted(groups.items()), version=schema["info"]["version"])


def _operation(schema: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Operation:
    text = operation.get("description", "").strip()
    first, _, rest = text.partition("\n")
    return Operation(
        method.upper(),
        path,
        first,
        rest.strip(),
        tuple(
            {
                "name": p["name"],
                "place": p["in"],
                "required": p.get("required", False),
                "type": p.get("schema", {}).get("type", ""),
                "text": p.get("description", ""),
            }
            for p in operation.get("parameters", ())
        ),
        tuple(_fields(schema, operation.get("requestBody", {}))),
        tuple(
            (status, answer.get("description", ""))
            for status, answer in operation.get("responses", {}).items()
        ),
    )


def _fields(schema: dict[str, Any], body: dict[str, Any]) -> list[dict[str, Any]]:
    for kind, content in body.get("content", {}).items():
        reference = content.get("schema", {}).get("$ref", "")
        if not reference:
            return [{"name": kind, "type": "the file itself", "required": True, "text": ""}]
        component = schema["components"]["schemas"][reference.rsplit("/", 1)[-1]]
        required = component.get("required", ())
        return [
            {
                "name": name,
                "type": field.get("type", "object"),
                "required": name in required,
                "text": field.get("description", ""),
            }
            for name, field in component.get("properties", {}).items()
        ]
    return []
