"""Publish a new version of a project's label schema. Versions are added, never changed."""

import json
import secrets
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import SchemaInvalid, SchemaMoved
from annotation.labels.errors import Malformed
from annotation.labels.order import SEED_BYTES
from annotation.labels.schema import LabelSchema, encode_schema, read_schema
from annotation.models import SchemaVersion
from annotation.services.read_schema import schema_of
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def set_schema(context: TenantContext, *, project_id: UUID, schema: object, base: int | None = None) -> int:
    """Check and publish `schema` (parsed JSON, or its text); return the version, counted from 1.

    Answers given before keep the version that they were given under. The seed behind the order of
    candidates is drawn with the first version and passed on: nobody's order changes with a new text.
    `base` is the version that the editor began with; None publishes whatever came in between.
    Raises `NotFound`, `SchemaInvalid`, `SchemaMoved`.
    """
    project = reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    read = parse_schema(schema)
    if base is not None and base > project.schema_version:
        raise SchemaInvalid(f"there is no version {base} to go on from yet", field="base")
    if base is not None and base < project.schema_version:
        raise SchemaMoved(base=base, newest=project.schema_version)
    before = schema_of(context, project_id=project_id, version=project.schema_version)
    seed = (before.seed if before else b"") or secrets.token_bytes(SEED_BYTES)
    body = encode_schema(replace(read, seed=seed))
    version_id, n = uuid7(), project.schema_version + 1
    SchemaVersion.objects.create(
        id=version_id,
        project=project,
        n=n,
        body=context.keyring.seal(body, field=SchemaVersion.body, row=version_id, unit=project_id),
        created_at=timezone.now(),
    )
    project.schema_version = n
    project.save(update_fields=["schema_version"])
    record(context, Verb.SCHEMA_PUBLISHED, object_kind="project", object_id=project_id, detail={"version": n})
    return n


def parse_schema(schema: object) -> LabelSchema:
    """Return the schema behind parsed JSON, or its text. Raises `SchemaInvalid` with the place."""
    try:
        return read_schema(json.loads(schema) if isinstance(schema, str) else schema)
    except Malformed as wrong:
        raise SchemaInvalid(str(wrong), field=wrong.where) from wrong
    except json.JSONDecodeError as broken:
        place = f"line {broken.lineno}, column {broken.colno}"
        raise SchemaInvalid(f"this is not JSON: {broken.msg}, {place}", field="schema") from broken
    except (ValueError, RecursionError) as not_json:
        raise SchemaInvalid("this is not JSON", field="schema") from not_json
