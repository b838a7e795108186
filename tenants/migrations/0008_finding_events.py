from django.db import migrations, models

import ringfence.kernel.models
from ringfence.kernel.rls import SealColumns


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0007_bundles'),
    ]

    operations = [
        migrations.AddField(
            model_name='bundlejob',
            name='finding',
            field=ringfence.kernel.models.SealedField(help_text='while chosen events are being found', null=True, purpose='export'),
        ),
        migrations.AddField(
            model_name='bundlejob',
            name='opened',
            field=models.BigIntegerField(default=0, help_text='events opened to find those that are chosen'),
        ),
        migrations.AddField(
            model_name='bundlejob',
            name='to_open',
            field=models.BigIntegerField(default=0),
        ),
        SealColumns("tenants_bundlejob", ("finding",)),
    ]
