import django.db.models.deletion
from django.db import migrations, models

import ringfence.kernel.context
import ringfence.kernel.ids
import ringfence.kernel.models
from ringfence.kernel.rls import IsolateTenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0004_what_labelers_are_owed'),
    ]

    operations = [
        migrations.CreateModel(
            name='AggregateCursor',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('through_id', models.UUIDField(help_text='the last answer counted')),
                ('withdrawn_through', models.DateTimeField(help_text='of the last one taken out again', null=True)),
                ('withdrawn_id', models.UUIDField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ProjectAggregate',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('member_id', models.UUIDField(help_text='null: of everybody', null=True)),
                ('kind', models.CharField(choices=[('places', 'Which place was preferred'), ('labels', 'Labels given'), ('times', 'Answers per hour and day')], max_length=8)),
                ('body', ringfence.kernel.models.SealedField()),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', False)), fields=['tenant_id', 'withdrawn_at', 'id'], name='submission_withdrawn'),
        ),
        migrations.AddConstraint(
            model_name='aggregatecursor',
            constraint=models.UniqueConstraint(fields=('tenant_id',), name='one_cursor_for_each_tenant'),
        ),
        migrations.AddConstraint(
            model_name='aggregatecursor',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_id__isnull', True), ('withdrawn_through__isnull', True)), models.Q(('withdrawn_id__isnull', False), ('withdrawn_through__isnull', False)), _connector='OR'), name='cursor_of_withdrawals_is_whole'),
        ),
        migrations.AddField(
            model_name='projectaggregate',
            name='project',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project'),
        ),
        migrations.AddConstraint(
            model_name='projectaggregate',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'project', 'kind', 'member_id'), name='one_aggregate_of_each_kind', nulls_distinct=False),
        ),
        IsolateTenantTable("annotation_aggregatecursor"),
        IsolateTenantTable(
            "annotation_projectaggregate", references={"project_id": "annotation_project"}, sealed=("body",)
        ),
    ]
