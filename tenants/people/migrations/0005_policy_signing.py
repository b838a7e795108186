"""What a proposal is signed over, a key's proof of itself, and how a recovery is stopped."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns and constraints of signing."""

    dependencies: ClassVar = [("people", "0004_neutrality")]

    operations: ClassVar = [
        migrations.AddField(
            "adminkey", "possession",
            models.BinaryField(help_text="the key's own signature at registration", max_length=64, null=True),
        ),
        migrations.AddField(
            "policyversion", "proposed_at",
            models.DateTimeField(help_text="when it was put up for signature, with its time", null=True),
        ),
        migrations.AddField(
            "policyversion", "not_before",
            models.DateTimeField(help_text="the time that is signed; it rules no earlier", null=True),
        ),
        migrations.AddField(
            "policyversion", "replaces",
            models.BinaryField(
                help_text="digest of the newest signed version when this was proposed", max_length=32, null=True
            ),
        ),
        migrations.AddField(
            "keyrecovery", "stopped_with",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.adminkey"
            ),
        ),
        migrations.AddField("keyrecovery", "stop_signature", models.BinaryField(max_length=64, null=True)),
        migrations.AddConstraint(
            "adminkey",
            models.UniqueConstraint(
                condition=models.Q(active_from__isnull=False, ended_at=None),
                fields=("tenant", "member_id"),
                name="a_member_has_one_active_key",
            ),
        ),
        migrations.AddConstraint(
            "keyrecovery",
            models.UniqueConstraint(
                condition=models.Q(done_at=None, stopped_at=None), fields=("tenant",), name="one_recovery_at_a_time"
            ),
        ),
    ]  # fmt: skip
