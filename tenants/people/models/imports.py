"""Files of ownership data on their way into the registry: received, previewed, applied as one graph version."""

from typing import Any

from django.db import models

from tenants.people.models.base import ControlModel


class RegistryImport(ControlModel):
    """One file of public ownership data, what adding it would do, and whether it was added."""

    kind = models.CharField(max_length=16, help_text="bods, gleif-1, gleif-2 or gleif-x")
    state = models.CharField(
        max_length=16, help_text="receiving, waiting, reading, ready, applying, done, failed"
    )
    file_name = models.CharField(max_length=200)
    file_bytes = models.BigIntegerField(default=0)
    sha256 = models.BinaryField(max_length=32, blank=True)
    source = models.CharField(max_length=500)
    dated = models.DateField(help_text="the file's own date")
    asked_by = models.UUIDField(help_text="member id in the operator's workspace")
    asked_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ticket = models.BinaryField(
        null=True, help_text="of whoever asked, sealed; for a worker that takes it up later"
    )
    rows_done = models.PositiveIntegerField(default=0)
    found: Any = models.JSONField(
        default=dict, help_text="what it would do, in numbers; the first refused rows"
    )
    plan = models.BinaryField(max_length=32, blank=True, help_text="SHA-256 of exactly what would be added")
    problem = models.CharField(max_length=500, blank=True)
    version = models.BigIntegerField(null=True, help_text="the graph version that it became")

    class Meta:
        indexes = [models.Index(fields=["-asked_at"], name="registry_import_by_age")]


class RegistryImportPart(ControlModel):
    """A piece of a file, compressed; gone once the import has ended."""

    registry_import = models.ForeignKey(RegistryImport, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registry_import", "number"], name="a_part_of_an_import_stands_once"
            )
        ]
