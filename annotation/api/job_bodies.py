"""Bodies of the API of imports and exports."""

from typing import Any

from rest_framework import serializers

from annotation.bulk import ExportFormat
from annotation.values import ExportState, ImportState


class ImportAnswer(serializers.Serializer[Any]):
    """Where one import stands, up to its last committed batch."""

    id = serializers.UUIDField(source="job_id")
    project = serializers.UUIDField(source="project_id")
    file_name = serializers.CharField()
    format = serializers.CharField()
    state = serializers.ChoiceField(choices=ImportState.choices)
    problem = serializers.CharField(help_text="code of what stopped it; empty when nothing did")
    bytes_total = serializers.IntegerField()
    bytes_done = serializers.IntegerField()
    rows_added = serializers.IntegerField(source="rows_ok")
    rows_known = serializers.IntegerField(
        source="rows_same", help_text="rows whose id the project had already; nothing was added for them"
    )
    rows_refused = serializers.IntegerField(source="rows_bad")
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    waits_for_worker = serializers.BooleanField(source="unattended")


class ImportsAnswer(serializers.Serializer[Any]):
    """The latest imports of a project, newest first."""

    imports = ImportAnswer(many=True)


class NewExportBody(serializers.Serializer[Any]):
    """What to export as."""

    format = serializers.ChoiceField(choices=ExportFormat.choices, default=ExportFormat.JSONL.value)


class ExportAnswer(serializers.Serializer[Any]):
    """Where one export stands."""

    id = serializers.UUIDField(source="job_id")
    project = serializers.UUIDField(source="project_id")
    format = serializers.ChoiceField(choices=ExportFormat.choices)
    state = serializers.ChoiceField(choices=ExportState.choices)
    problem = serializers.CharField()
    items_total = serializers.IntegerField(source="tasks_total")
    items = serializers.IntegerField(source="tasks_done")
    answers = serializers.IntegerField()
    bytes = serializers.IntegerField(source="bytes_made")
    sha256 = serializers.CharField(help_text="of the whole file, in hex; empty until it is made")
    asked_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    waits_for_worker = serializers.BooleanField(source="unattended")


class ExportsAnswer(serializers.Serializer[Any]):
    """The latest exports of a project, newest first."""

    exports = ExportAnswer(many=True)
