from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0005_aggregates'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='skip',
            name='skip_by_person',
        ),
        migrations.AddIndex(
            model_name='skip',
            index=models.Index(fields=['tenant_id', 'task', 'member_id'], name='skip_by_item'),
        ),
    ]
