"""What becomes of files that pages of this room take: the one is hashed and let go, the other kept in parts."""

import hashlib
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

from tenants.gate.registry_imports import begin_import, keep_part
from tenants.services.run_registry_import import MOST_FILE_BYTES

PIECE_BYTES = 1024 * 1024
MOST_EVIDENCE_BYTES = 64 * 1024 * 1024


class Received(UploadedFile):  # type: ignore[type-arg]  # generic in its stubs alone
    """A file that is gone: its name, size and digest."""

    def __init__(self, name: str, size: int, digest: bytes, import_id: UUID | None = None) -> None:
        super().__init__(None, name, "application/octet-stream", size)
        self.digest, self.import_id = digest, import_id


class HashingHandler(FileUploadHandler):
    """Hashes what arrives and keeps nothing of it."""

    chunk_size = PIECE_BYTES
    most_bytes = MOST_EVIDENCE_BYTES

    def new_file(self, *args: Any, **options: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **options)
        self.digest, self.size = hashlib.sha256(), 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Hash a piece."""
        self.size += len(raw_data)
        if self.size > self.most_bytes:
            raise StopUpload(connection_reset=False)
        self.digest.update(raw_data)

    def file_complete(self, file_size: int) -> Received:
        """Return what is left of it."""
        return Received(self.file_name or "", self.size, self.digest.digest())


class KeepingHandler(HashingHandler):
    """Keeps a file of ownership data in parts, for a worker."""

    most_bytes = MOST_FILE_BYTES

    def __init__(self, request: HttpRequest, *, asked_by: UUID) -> None:
        super().__init__(request)
        self._asked_by = asked_by
        self.import_id: UUID | None = None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Hash a piece and keep it."""
        if self.import_id is None:
            self.import_id, self._number = begin_import(asked_by=self._asked_by), 0
        super().receive_data_chunk(raw_data, start)
        keep_part(self.import_id, self._number, raw_data)
        self._number += 1

    def file_complete(self, file_size: int) -> Received:
        """Return what is left of it."""
        return Received(self.file_name or "", self.size, self.digest.digest(), self.import_id)


def hashing(request: HttpRequest) -> None:
    """Let a form's files be hashed. Called before anything of the form is read."""
    request.upload_handlers = [HashingHandler(request)]
