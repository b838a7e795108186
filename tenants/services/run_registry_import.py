"""Reads a received file, shows what adding it would do, and adds exactly that once somebody has said yes."""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from tenants.gate.registry import known
from tenants.gate.registry_imports import (
    ImportJob,
    PartsFile,
    beat_import,
    claim_import,
    move_import,
    read_import,
)
from tenants.neutrality.bods import MOST_BYTES as MOST_BODS_BYTES
from tenants.neutrality.bods import read_bods
from tenants.neutrality.facts import FactRefused
from tenants.neutrality.gleif import read_exceptions, read_level_1, read_level_2
from tenants.neutrality.intake import ImportRefused, Read, RowError, Sender
from tenants.services.plan_import import ImportPlan, plan_import
from tenants.services.state_facts import state_facts

IMPORT_JOB = "registry import"
IMPORT_TASK = "tenants.run_registry_import"
BODS, LEVEL_1, LEVEL_2, EXCEPTIONS = "bods", "gleif-1", "gleif-2", "gleif-x"
KINDS = (BODS, LEVEL_1, LEVEL_2, EXCEPTIONS)
MOST_FILE_BYTES = 512 * 1024 * 1024
MOST_FILE_ROWS = 1_000_000
CHANGED = "changed"
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


def run_registry_import(context: TenantContext, *, import_id: UUID) -> None:
    """Do what the import waits for: read it for a preview, or add what its preview showed.

    A crash leaves the job to another worker; reading adds nothing, and adding is one version of the graph.
    """
    context.require(Permission.REGISTRY_MANAGE)
    if claim_import(import_id, state="waiting", working="reading"):
        _preview(context, read_import(import_id))
    elif claim_import(import_id, state="approved", working="applying"):
        _apply(context, read_import(import_id))


def end_registry_import(import_id: UUID) -> None:
    """End an import whose asker may not go on; nothing of it is added."""
    move_import(
        import_id, "waiting", "reading", "approved", "applying", to="failed",
        problem="Whoever asked for it has no access any more, or asked too long ago. Send the file again.",
    )  # fmt: skip


def _preview(context: TenantContext, job: ImportJob) -> None:
    with _ending_badly(job):
        plan = _plan(context, job)
        move_import(job.id, "reading", to="ready", found=plan.found(), plan=plan.digest, rows_done=plan.rows)


def _apply(context: TenantContext, job: ImportJob) -> None:
    with _ending_badly(job):
        plan = _plan(context, job)
        if plan.digest != job.plan:
            move_import(
                job.id, "applying", to="ready", found={**plan.found(), CHANGED: True}, plan=plan.digest,
                rows_done=plan.rows,
            )  # fmt: skip
            return
        try:
            done = state_facts(list(plan.parties.values()), plan.statements)
        except FactRefused:
            # Somebody superseded the same statement meanwhile: look again, and show the new preview.
            move_import(job.id, "applying", to="waiting", rows_done=0)
            return
        move_import(job.id, "applying", to="done", version=done.version, found=plan.found())


@contextmanager
def _ending_badly(job: ImportJob) -> Iterator[None]:
    try:
        yield
    except ImportRefused as refusal:
        move_import(job.id, "reading", "applying", to="failed", problem=_sentence(str(refusal)))
    except UnicodeDecodeError:
        move_import(
            job.id, "reading", "applying", to="failed",
            problem="The file is not UTF-8. Save it as UTF-8 and send it again.",
        )  # fmt: skip
    except RingfenceError:
        raise  # the log, or the asker's access: the job waits, and keeps its file
    except Exception:
        move_import(
            job.id, "reading", "applying", to="failed",
            problem="Reading it failed on our side; nothing was added. The platform's operator finds it in the log.",
        )  # fmt: skip
        raise


def _plan(context: TenantContext, job: ImportJob) -> ImportPlan:
    def beat(rows: int) -> None:
        context.recheck()
        beat_import(job.id, rows)

    return plan_import(lambda: reads_of(job), known(), source=job.source, beat=beat)


def reads_of(job: ImportJob) -> Iterable[Read | RowError]:
    """Return the rows of an import's file. Raises `ImportRefused`, `UnicodeDecodeError`."""
    sender = Sender(job.source, timezone.now(), job.sha256)
    with io.BufferedReader(PartsFile(job.id), 1 << 20) as peeked:
        if peeked.peek(8).startswith(PACKED):
            raise ImportRefused("the file is packed: unpack it and send what was inside")
        if job.kind == BODS:
            content = peeked.read(MOST_BODS_BYTES + 1)
            if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
                raise ImportRefused("the file is not UTF-8: save it as UTF-8 and send it again")
            yield from read_bods(content, sender)
            return
        lines = io.TextIOWrapper(peeked, "utf-8", errors="strict", newline="")
        if job.kind == LEVEL_1:
            reads = read_level_1(lines)
        elif job.kind == LEVEL_2:
            reads = read_level_2(lines, sender)
        else:
            reads = read_exceptions(lines, sender, dated=job.dated)
        for number, each in enumerate(reads, start=1):
            if number > MOST_FILE_ROWS:
                raise ImportRefused(
                    f"the file has more than {MOST_FILE_ROWS:,} rows: import the part that you need"
                )
            yield each


_SPACE = re.compile(r"\s+")


def _sentence(text: str) -> str:
    words = _SPACE.sub(" ", text).strip()[:480]
    return words[:1].upper() + words[1:] + "."
