import django.db.models.deletion
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import ringfence.kernel.context
import ringfence.kernel.ids
import ringfence.kernel.models
from ringfence.kernel.rls import IsolateTenantTable

PROJECT = {"project_id": "annotation_project"}
TASK = {"task_id": "annotation_task"}
SKILL = {"skill_id": "annotation_skill"}

# Read as the owner, whom the policy of answers lets through for this statement alone.
COUNT_WHAT_IS_THERE = [
    "ALTER TABLE annotation_submission NO FORCE ROW LEVEL SECURITY",
    "INSERT INTO annotation_personcount (tenant_id, project_id, labeler_id, given, active_ms)"
    " SELECT tenant_id, project_id, labeler_id, count(*), 0 FROM annotation_submission GROUP BY 1, 2, 3",
    "ALTER TABLE annotation_submission FORCE ROW LEVEL SECURITY",
]
# Written with each answer, in place.
STORAGE = ["ALTER TABLE annotation_personcount SET (fillfactor = 50)"]



class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0002_jobs_resume'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('member_id', models.UUIDField()),
                ('version', models.PositiveIntegerField()),
                ('body', ringfence.kernel.models.SealedField()),
                ('schema_version', models.PositiveIntegerField()),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='MemberSkill',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='PersonCount',
            fields=[
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'project_id', 'labeler_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('project_id', models.UUIDField()),
                ('labeler_id', models.UUIDField()),
                ('given', models.PositiveIntegerField()),
                ('active_ms', models.PositiveBigIntegerField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ProjectSkill',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Skill',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('name', ringfence.kernel.models.SealedField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Skip',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('n', models.PositiveSmallIntegerField(help_text='which wanted answer of the item they held')),
                ('member_id', models.UUIDField()),
                ('reason', models.CharField(blank=True, choices=[('unclear', 'The task is unclear to me'), ('broken', 'The item is broken'), ('not_my_language', 'It is not in a language that I know'), ('sensitive', 'I do not want to read this'), ('too_long', 'It is too long'), ('other', 'Something else')], max_length=16)),
                ('note', ringfence.kernel.models.SealedField(null=True)),
                ('keeps_away', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.RemoveConstraint(
            model_name='submission',
            name='one_answer_for_each_slot',
        ),
        migrations.RemoveConstraint(
            model_name='submission',
            name='one_answer_for_each_person',
        ),
        migrations.RemoveIndex(
            model_name='slot',
            name='slot_open',
        ),
        migrations.RemoveIndex(
            model_name='slot',
            name='slot_lease',
        ),
        migrations.AddField(
            model_name='importjob',
            name='lane',
            field=models.SmallIntegerField(default=4, help_text='priority of what it brings'),
        ),
        migrations.AddField(
            model_name='project',
            name='most_per_person',
            field=models.PositiveIntegerField(help_text='answers of one person; null: no cap', null=True),
        ),
        migrations.AddField(
            model_name='project',
            name='reopen_minutes',
            field=models.PositiveSmallIntegerField(default=15, help_text='how long somebody may take an answer of theirs back; 0: never'),
        ),
        migrations.AddField(
            model_name='project',
            name='skip_needs_reason',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='project',
            name='skip_policy',
            field=models.CharField(choices=[('others', 'Somebody else gets it'), ('back_to_me', 'It comes back to them when nothing else is left'), ('not_allowed', 'Nobody may skip')], default='others', max_length=12),
        ),
        migrations.AddField(
            model_name='slot',
            name='reserved_for',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='slot',
            name='taken_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='submission',
            name='active_ms',
            field=models.PositiveIntegerField(default=0, help_text='of it without idle time; never longer'),
        ),
        migrations.AddField(
            model_name='submission',
            name='withdrawn_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='submission',
            name='lead_ms',
            field=models.PositiveIntegerField(help_text='from showing to submitting, as the client says, never longer than it was held'),
        ),
        migrations.AddIndex(
            model_name='slot',
            index=models.Index(condition=models.Q(('reserved_for__isnull', True), ('state', 0)), fields=['tenant_id', 'project_id', 'lane', 'seq'], name='slot_open'),
        ),
        migrations.AddIndex(
            model_name='slot',
            index=models.Index(condition=models.Q(('reserved_for__isnull', False), ('state', 0)), fields=['tenant_id', 'project_id', 'reserved_for', 'lane', 'seq'], name='slot_reserved'),
        ),
        migrations.AddIndex(
            model_name='slot',
            index=models.Index(condition=models.Q(('state', 1)), fields=['tenant_id', 'project_id', 'labeler_id', 'lease_ends'], name='slot_held'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('reopen_minutes__gte', 0), ('reopen_minutes__lte', 1440)), name='project_reopens_for_0_minutes_to_1_day'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('most_per_person__isnull', True), ('most_per_person__gte', 1), _connector='OR'), name='project_cap_is_at_least_1'),
        ),
        migrations.AddConstraint(
            model_name='slot',
            constraint=models.UniqueConstraint(condition=models.Q(('reserved_for__isnull', False)), fields=('tenant_id', 'task', 'reserved_for'), name='slot_reserved_person'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('tenant_id', 'task', 'n'), name='one_answer_for_each_slot'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('tenant_id', 'task', 'labeler_id'), name='one_answer_for_each_person'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', False)), fields=['tenant_id', 'task', 'labeler_id'], name='submission_taken_back'),
        ),
        migrations.AddField(
            model_name='draft',
            name='project',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project'),
        ),
        migrations.AddField(
            model_name='draft',
            name='task',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.task'),
        ),
        migrations.AddField(
            model_name='memberskill',
            name='member',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='projectskill',
            name='project',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project'),
        ),
        migrations.AddField(
            model_name='projectskill',
            name='skill',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.skill'),
        ),
        migrations.AddField(
            model_name='memberskill',
            name='skill',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.skill'),
        ),
        migrations.AddField(
            model_name='skip',
            name='project',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project'),
        ),
        migrations.AddField(
            model_name='skip',
            name='task',
            field=ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.task'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'task', 'member_id'), name='one_draft_for_each_person'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(models.Func(models.F('body'), function='octet_length', output_field=models.IntegerField()), models.Value(2162688)), name='draft_is_at_most_2_mb'),
        ),
        migrations.AddConstraint(
            model_name='projectskill',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'project', 'skill'), name='one_need_for_each_skill'),
        ),
        migrations.AddConstraint(
            model_name='memberskill',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'skill', 'member'), name='one_row_for_each_skill'),
        ),
        migrations.AddIndex(
            model_name='skip',
            index=models.Index(fields=['tenant_id', 'project', 'at'], name='skip_by_project'),
        ),
        migrations.AddIndex(
            model_name='skip',
            index=models.Index(fields=['tenant_id', 'member_id', 'at'], name='skip_by_person'),
        ),
        migrations.AddConstraint(
            model_name='skip',
            constraint=models.UniqueConstraint(condition=models.Q(('keeps_away', True), ('undone_at__isnull', True)), fields=('tenant_id', 'task', 'member_id'), name='one_skip_keeps_somebody_away'),
        ),
        migrations.RunSQL(COUNT_WHAT_IS_THERE, migrations.RunSQL.noop),
        IsolateTenantTable("annotation_draft", references=PROJECT | TASK, sealed=("body",)),
        IsolateTenantTable("annotation_skip", references=PROJECT | TASK, sealed=("note",)),
        IsolateTenantTable("annotation_personcount", references=PROJECT, key=""),
        IsolateTenantTable("annotation_skill", sealed=("name",)),
        IsolateTenantTable(
            "annotation_memberskill", references=SKILL | {"member_id": "tenants_member"}
        ),
        IsolateTenantTable("annotation_projectskill", references=PROJECT | SKILL),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
