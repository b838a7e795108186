from django.db import migrations, models

import ringfence.kernel.models
from ringfence.kernel.rls import SealColumns


class Migration(migrations.Migration):
    dependencies = [("annotation", "0001_projects_queue_and_jobs")]

    operations = [
        migrations.AddField(
            "importjob",
            "lines_done",
            models.BigIntegerField(default=0, help_text="lines of the file before `bytes_done`"),
        ),
        migrations.AddField(
            "importjob",
            "ticket",
            ringfence.kernel.models.SealedField(
                null=True, help_text="the asker's job ticket, until the job has ended"
            ),
        ),
        migrations.AddField(
            "importjob",
            "idempotency_key",
            models.UUIDField(null=True, help_text="of the upload: sent again, it starts nothing new"),
        ),
        migrations.AddConstraint(
            "importjob",
            models.UniqueConstraint(
                fields=["tenant_id", "project", "idempotency_key"], name="one_import_for_each_key"
            ),
        ),
        migrations.AddField(
            "exportjob",
            "ticket",
            ringfence.kernel.models.SealedField(
                null=True, help_text="the asker's job ticket, until the job has ended"
            ),
        ),
        SealColumns("annotation_importjob", ("ticket",)),
        SealColumns("annotation_exportjob", ("ticket",)),
    ]
