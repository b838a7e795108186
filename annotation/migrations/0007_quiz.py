import django.db.models.deletion
from django.db import migrations, models

import ringfence.kernel.context
import ringfence.kernel.ids
import ringfence.kernel.models
from ringfence.kernel.rls import IsolateTenantTable, SealColumns


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0006_skips_by_item'),
    ]

    operations = [
        migrations.AddField(
            model_name='guidelinesversion',
            name='quiz',
            field=ringfence.kernel.models.SealedField(null=True),
        ),
        migrations.CreateModel(
            name='QuizTries',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('member_id', models.UUIDField()),
                ('version', models.PositiveIntegerField(help_text='of the guidelines')),
                ('body', ringfence.kernel.models.SealedField()),
                ('project', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'project', 'member_id', 'version'), name='one_count_of_tries')],
            },
        ),
        SealColumns("annotation_guidelinesversion", ("quiz",)),
        IsolateTenantTable(
            "annotation_quiztries", references={"project_id": "annotation_project"}, sealed=("body",)
        ),
    ]
