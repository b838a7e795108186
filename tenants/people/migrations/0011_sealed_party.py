"""Which party a customer is, sealed: the control database names no customer."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0010_visits_end"),
    ]

    operations = [
        migrations.RemoveField(model_name="tenant", name="party"),
        migrations.AddField(
            model_name="tenant",
            name="sealed_party",
            field=models.BinaryField(
                help_text="which party of the graph the customer is, where that is known, sealed", null=True
            ),
        ),
    ]
