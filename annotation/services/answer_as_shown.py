"""A stored answer as whoever gave it saw it."""

from typing import Any
from uuid import UUID

from annotation.labels.answer import decode_answer
from annotation.labels.order import to_shown
from annotation.services.read_schema import schema_of
from ringfence.kernel.context import TenantContext


def answer_as_shown(
    context: TenantContext, *, project_id: UUID, version: int, stored: bytes
) -> dict[str, Any]:
    """Return the answer, question id to value, from the plaintext of `Submission.answer`.

    Candidates are called A, B, … again, in the order that was kept with the answer.
    """
    kept = decode_answer(stored)
    schema = schema_of(context, project_id=project_id, version=version)
    return to_shown(schema, kept.answer, kept.shown) if schema is not None else dict(kept.answer)
