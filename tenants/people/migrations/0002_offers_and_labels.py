from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0001_people_and_memberships"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="totp_offer",
            field=models.BinaryField(null=True, help_text="sealed secret shown for set-up in this session, not in force yet"),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="label",
            field=models.BinaryField(null=True, help_text="what it is for, sealed in the identity realm"),
        ),
    ]
