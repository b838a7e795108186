"""A declaration keeps the person's own words, and a party that a declaration named keeps its name, both sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0005_policy_signing")]

    operations = [
        migrations.AddField(
            model_name="declaration",
            name="said",
            field=models.BinaryField(help_text="the ties in the person's own words, sealed", null=True),
        ),
        migrations.AddField(
            model_name="partyversion",
            name="sealed_name",
            field=models.BinaryField(help_text="a name that a declaration brought, sealed", null=True),
        ),
        migrations.AddConstraint(
            model_name="partyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(name="") | models.Q(sealed_name=None), name="a_name_is_public_or_sealed"
            ),
        ),
    ]
