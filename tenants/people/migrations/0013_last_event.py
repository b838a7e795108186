from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0012_closing'),
    ]

    operations = [
        migrations.AddField(
            model_name='closing',
            name='last_event',
            field=models.BinaryField(help_text='its openings until the certificate is made, sealed', null=True),
        ),
    ]
