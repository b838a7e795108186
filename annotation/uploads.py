"""Reads an upload from a request piece by piece into sealed parts: nothing of it lies in clear on a disk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from annotation.bulk import IMPORT_JOB
from annotation.errors import ImportRefused, LengthNeeded, UploadInterrupted
from annotation.formats.reading import format_named
from annotation.formats.rows import Format
from annotation.services.receive_upload import Upload
from annotation.services.send_job import send_job
from annotation.services.start_import import StartedImport, start_import
from annotation.values import Priority
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid

READ_BYTES = 256 * 1024
DRAINED_BYTES = 64 * 1024 * 1024
"""How much of a refused form is read to its end: browsers show no answer before they have sent all."""


@dataclass(frozen=True, slots=True)
class ReceivedImport:
    """A file that is here. `sent` is False when no worker could be told; the sweep tells one later."""

    job_id: UUID
    known: bool
    sent: bool


def receive_import(
    context: TenantContext,
    request: HttpRequest,
    *,
    project_id: UUID,
    name: str = "",
    key: UUID | None = None,
    priority: Priority = Priority.NORMAL,
) -> ReceivedImport:
    """Take the request's body, a bare file or a form with one file, and hand its import to a worker.

    `name` is what a bare file is called, and `key` the caller's own for this upload. Opens units of
    work of its own, one for each MiB.

    Raises:
        UploadInterrupted: the body ended early; the job says so, and no item is there.
        Invalid: no file, or several; LengthNeeded, ImportTooLarge, ImportRefused, NotFound.
    """
    declared = int(request.META.get("CONTENT_LENGTH") or 0)
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower() and not declared
    form = request.content_type == "multipart/form-data"
    if form and chunked:
        raise LengthNeeded
    taking = _Taking(context, project_id, key, None if chunked else declared, priority)
    try:
        if form:
            _read_form(request, taking, declared)
        else:
            kind = format_named(name) or format_named(request.content_type or "")
            taking.begin(name, kind)
            _read_bare(request, taking, chunked=chunked)
        started = taking.finish()
    except (UnreadablePostError, MultiPartParserError, OSError) as broken:
        taking.abandon()
        raise UploadInterrupted from broken
    except BaseException:
        taking.abandon()
        raise
    sent = started.known or send_job(
        IMPORT_JOB, tenant=context.public_id, job_id=started.job_id, ticket=started.ticket
    )
    return ReceivedImport(started.job_id, started.known, sent)


class _Taking:
    """The one file of a request, from its name to its end."""

    def __init__(
        self,
        context: TenantContext,
        project_id: UUID,
        key: UUID | None,
        declared: int | None,
        priority: Priority,
    ) -> None:
        self._context, self._project_id, self._key = context, project_id, key
        self._declared, self._priority = declared, priority
        self._started: StartedImport | None = None
        self._upload: Upload | None = None

    def begin(self, name: str, file_format: Format | None) -> None:
        if self._started is not None:
            raise Invalid("Send one file at a time.", field="file")
        self._started = start_import(
            self._context,
            project_id=self._project_id,
            file_name=name,
            declared_bytes=self._declared,
            file_format=file_format,
            idempotency_key=self._key,
            priority=self._priority,
        )
        if not self._started.known:
            self._upload = Upload(
                self._context,
                job_id=self._started.job_id,
                project_id=self._project_id,
                file_format=file_format,
            )

    @property
    def wanted(self) -> bool:
        """Say whether the bytes are to be kept; a file that is here already is not read again."""
        return self._upload is not None

    def write(self, data: bytes) -> None:
        if self._upload is not None:
            self._upload.write(data)

    def finish(self) -> StartedImport:
        if self._started is None:
            raise Invalid("Choose a file to import.", field="file")
        if self._upload is not None:
            self._upload.finish()
        return self._started

    def abandon(self) -> None:
        if self._upload is not None:
            self._upload.abandon()


def _read_bare(request: HttpRequest, taking: _Taking, *, chunked: bool) -> None:
    # Django takes a body without a length for an empty one; the server ends a chunked one itself.
    source: Any = request.META["wsgi.input"] if chunked else request
    received = 0
    for piece in _pieces(source.read):
        if not taking.wanted:
            return
        received += len(piece)
        taking.write(piece)
    if not chunked and taking.wanted and received != int(request.META.get("CONTENT_LENGTH") or 0):
        raise UploadInterrupted


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while piece := read(READ_BYTES):
        yield piece


def _read_form(request: HttpRequest, taking: _Taking, declared: int) -> None:
    # The parser takes a body that breaks off for one that ends; only the count tells them apart.
    counted = _Counted(request._stream)
    request._stream = counted  # type: ignore[assignment]  # all that the parser asks of it
    request.upload_handlers = [SealingHandler(request, taking)]
    try:
        request.FILES  # noqa: B018 - the first look parses the body
    except ImportRefused:
        if declared - counted.count <= DRAINED_BYTES:
            for _ in _pieces(counted.read):
                pass
        raise
    if counted.count != declared:
        raise UploadInterrupted


class _Counted:
    """A stream that counts what was read from it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0

    def read(self, *size: int) -> bytes:
        data: bytes = self._stream.read(*size)
        self.count += len(data)
        return data

    def readline(self, *size: int) -> bytes:
        data: bytes = self._stream.readline(*size)
        self.count += len(data)
        return data


class SealingHandler(FileUploadHandler):
    """Django's upload handler that keeps no file: each piece goes to the import under way."""

    chunk_size = READ_BYTES

    def __init__(self, request: HttpRequest, taking: _Taking) -> None:
        super().__init__(request)
        self._taking = taking

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin the import as soon as the file's name is known."""
        super().new_file(*args, **kwargs)
        name = self.file_name or ""
        self._taking.begin(name, format_named(name) or format_named(self.content_type or ""))
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Seal one piece."""
        self._taking.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        """Leave the end to the reader of the whole request, who knows whether it was whole."""
