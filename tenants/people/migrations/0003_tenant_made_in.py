from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_offers_and_labels")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="made_in",
            field=models.CharField(
                default="demo", help_text="mode of the install that made it; production serves its own", max_length=16
            ),
            preserve_default=False,
        ),
    ]
