import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ringfence.kernel.context
import ringfence.kernel.ids
import ringfence.kernel.models
from ringfence.kernel.rls import IsolateTenantTable

PROJECT = {"project_id": "annotation_project"}
IMPORT = {"import_job_id": "annotation_importjob"}
TASK = {"task_id": "annotation_task"}

# References that PostgreSQL validates as the tables' owner: made before the policies, which would raise.
GRANT_NAMES_A_PERMISSION = [
    "ALTER TABLE annotation_projectgrant ADD CONSTRAINT annotation_projectgrant_names_a_permission"
    " FOREIGN KEY (permission_id) REFERENCES auth_permission (id)",
]
ANSWER_IS_FOR_A_SLOT = [
    "ALTER TABLE annotation_submission ADD CONSTRAINT annotation_submission_is_for_a_slot"
    " FOREIGN KEY (tenant_id, task_id, n) REFERENCES annotation_slot (tenant_id, task_id, n)"
    " DEFERRABLE INITIALLY IMMEDIATE",
]
# Each answer rewrites its slot twice and never in place (its state is in two indexes' predicates):
# free space in the pages, and vacuums by count, since a fifth of a million rows would be far too late.
STORAGE = [
    "ALTER TABLE annotation_slot SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0,"
    " autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0)",
    "ALTER TABLE annotation_mark SET (fillfactor = 50)",
]
EXTERNAL_ID_IS_BLIND = [
    "ALTER TABLE annotation_task ADD CONSTRAINT task_external_blind_is_16_bytes"
    " CHECK (external_blind IS NULL OR length(external_blind) = 16)",
]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'project_id', 'labeler_id', 'lane', blank=True, editable=False, primary_key=True, serialize=False)),
                ('project_id', models.UUIDField()),
                ('labeler_id', models.UUIDField()),
                ('lane', models.SmallIntegerField()),
                ('seq', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('name', ringfence.kernel.models.SealedField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('paused', 'Paused'), ('closed', 'Closed')], default='open', max_length=8)),
                ('overlap', models.PositiveSmallIntegerField(default=1, help_text='answers wanted for each item; for later imports')),
                ('lease_minutes', models.PositiveSmallIntegerField(default=30)),
                ('next_seq', models.BigIntegerField(default=1, help_text="taken under this row's lock: seq grows with commits")),
                ('schema_version', models.PositiveIntegerField(default=0, help_text='0: no label schema yet')),
                ('guidelines_version', models.PositiveIntegerField(default=0, help_text='0: no guidelines yet')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'permissions': [('label_project', 'Label items'), ('manage_project', 'Manage the project'), ('read_project', 'Read its items and answers')],
                'abstract': False,
                'default_permissions': (),
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(('overlap__gte', 1), ('overlap__lte', 50)), name='project_wants_1_to_50_answers'), models.CheckConstraint(condition=models.Q(('lease_minutes__gte', 1), ('lease_minutes__lte', 1440)), name='project_lease_is_1_minute_to_1_day')],
            },
        ),
        migrations.CreateModel(
            name='ImportJob',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('state', models.CharField(choices=[('receiving', 'Receiving'), ('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='waiting', max_length=16)),
                ('file_name', ringfence.kernel.models.SealedField()),
                ('format', models.CharField(max_length=8)),
                ('options', ringfence.kernel.models.SealedField(null=True)),
                ('bytes_total', models.BigIntegerField(default=0)),
                ('bytes_done', models.BigIntegerField(default=0)),
                ('rows_ok', models.BigIntegerField(default=0)),
                ('rows_same', models.BigIntegerField(default=0, help_text='rows whose external id was imported before')),
                ('rows_bad', models.BigIntegerField(default=0)),
                ('asked_by_id', models.UUIDField()),
                ('asked_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(help_text='last sign of life of the worker', null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, help_text='code of what stopped it; no content', max_length=40)),
                ('project', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='GuidelinesVersion',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('n', models.PositiveIntegerField()),
                ('body', ringfence.kernel.models.SealedField()),
                ('created_at', models.DateTimeField()),
                ('project', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ExportJob',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='waiting', max_length=16)),
                ('format', models.CharField(max_length=8)),
                ('tasks_total', models.BigIntegerField(default=0)),
                ('tasks_done', models.BigIntegerField(default=0)),
                ('answers', models.BigIntegerField(default=0)),
                ('parts', models.PositiveIntegerField(default=0)),
                ('bytes_made', models.BigIntegerField(default=0)),
                ('after_seq', models.BigIntegerField(default=0)),
                ('digest', ringfence.kernel.models.SealedField(help_text='SHA-256 of the whole file', null=True, purpose='export')),
                ('asked_by_id', models.UUIDField()),
                ('asked_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(help_text='last sign of life of the worker', null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, help_text='code of what stopped it; no content', max_length=40)),
                ('project', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ProjectGrant',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('content_object', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='annotation.project')),
                ('permission', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to='auth.permission')),
                ('user', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RefusedRows',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('n', models.PositiveIntegerField()),
                ('rows', models.PositiveIntegerField()),
                ('body', ringfence.kernel.models.SealedField(purpose='blob')),
                ('import_job', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.importjob')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SchemaVersion',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('n', models.PositiveIntegerField()),
                ('body', ringfence.kernel.models.SealedField()),
                ('created_at', models.DateTimeField()),
                ('project', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('seq', models.BigIntegerField()),
                ('external_blind', models.BinaryField(max_length=16, null=True)),
                ('payload', ringfence.kernel.models.SealedField()),
                ('size_class', models.PositiveIntegerField(help_text='bytes of the payload, rounded up to a power of two')),
                ('import_job', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.importjob')),
                ('project', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.project')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('project_id', models.UUIDField()),
                ('n', models.PositiveSmallIntegerField()),
                ('labeler_id', models.UUIDField()),
                ('answer', ringfence.kernel.models.SealedField()),
                ('lead_ms', models.PositiveIntegerField(help_text='from showing to submitting, as the client says')),
                ('schema_version', models.PositiveIntegerField()),
                ('idempotency_key', models.UUIDField(null=True)),
                ('receipt', models.CharField(help_text="the log's, given again for the same answer", max_length=200)),
                ('submitted_at', models.DateTimeField()),
                ('task', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.task')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Slot',
            fields=[
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'task_id', 'n', blank=True, editable=False, primary_key=True, serialize=False)),
                ('project_id', models.UUIDField()),
                ('n', models.PositiveSmallIntegerField()),
                ('lane', models.SmallIntegerField(default=4)),
                ('seq', models.BigIntegerField()),
                ('state', models.SmallIntegerField(choices=[(0, 'Open'), (1, 'Leased'), (2, 'Answered')], default=0)),
                ('labeler_id', models.UUIDField(null=True)),
                ('lease_ends', models.DateTimeField(null=True)),
                ('epoch', models.IntegerField(null=True)),
                ('last_labeler_id', models.UUIDField(null=True)),
                ('task', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.task')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='UploadPart',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('n', models.PositiveIntegerField()),
                ('body', ringfence.kernel.models.SealedField(purpose='blob')),
                ('import_job', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.importjob')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('n', models.PositiveIntegerField()),
                ('rows', models.PositiveIntegerField()),
                ('body', ringfence.kernel.models.SealedField(purpose='export')),
                ('sealed_sha256', models.BinaryField(help_text='of the sealed bytes', max_length=32)),
                ('export_job', ringfence.kernel.models.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='annotation.exportjob')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'export_job', 'n'), name='one_export_part_for_each_n')],
            },
        ),
        migrations.AddIndex(
            model_name='importjob',
            index=models.Index(fields=['tenant_id', 'project', 'asked_at'], name='import_by_project'),
        ),
        migrations.AddConstraint(
            model_name='guidelinesversion',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'project', 'n'), name='one_guidelines_for_each_version'),
        ),
        migrations.AddIndex(
            model_name='exportjob',
            index=models.Index(fields=['tenant_id', 'project', 'asked_at'], name='export_by_project'),
        ),
        migrations.AddIndex(
            model_name='projectgrant',
            index=models.Index(fields=['tenant_id', 'user'], name='grant_by_member'),
        ),
        migrations.AddConstraint(
            model_name='projectgrant',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'content_object', 'user', 'permission'), name='one_grant_of_each_right'),
        ),
        migrations.AddConstraint(
            model_name='refusedrows',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'import_job', 'n'), name='one_refused_part_for_each_n'),
        ),
        migrations.AddConstraint(
            model_name='schemaversion',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'project', 'n'), name='one_schema_for_each_version'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'project', 'seq'), name='one_task_at_each_place'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'project', 'external_blind'), name='one_task_for_each_external_id'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['tenant_id', 'project_id', 'labeler_id'], name='submission_by_person'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['tenant_id', 'labeler_id', 'submitted_at'], name='submission_of_the_day'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'task', 'n'), name='one_answer_for_each_slot'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'task', 'labeler_id'), name='one_answer_for_each_person'),
        ),
        migrations.AddIndex(
            model_name='slot',
            index=models.Index(condition=models.Q(('state', 0)), fields=['tenant_id', 'project_id', 'lane', 'seq'], name='slot_open'),
        ),
        migrations.AddIndex(
            model_name='slot',
            index=models.Index(condition=models.Q(('state', 1)), fields=['tenant_id', 'lease_ends'], name='slot_lease'),
        ),
        migrations.AddConstraint(
            model_name='slot',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('labeler_id__isnull', True), ('state', 0)), models.Q(models.Q(('state', 0), _negated=True), ('labeler_id__isnull', False)), _connector='OR'), name='slot_has_a_labeler_unless_open'),
        ),
        migrations.AddConstraint(
            model_name='slot',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('epoch__isnull', False), ('lease_ends__isnull', False), ('state', 1)), models.Q(models.Q(('state', 1), _negated=True), ('lease_ends__isnull', True)), _connector='OR'), name='slot_lease_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='slot',
            constraint=models.UniqueConstraint(condition=models.Q(('labeler_id__isnull', False)), fields=('tenant_id', 'task', 'labeler_id'), name='slot_person'),
        ),
        migrations.AddConstraint(
            model_name='uploadpart',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'import_job', 'n'), name='one_upload_part_for_each_n'),
        ),
        migrations.RunSQL(GRANT_NAMES_A_PERMISSION, migrations.RunSQL.noop),
        migrations.RunSQL(ANSWER_IS_FOR_A_SLOT, migrations.RunSQL.noop),
        IsolateTenantTable("annotation_project", sealed=("name",)),
        IsolateTenantTable("annotation_schemaversion", references=PROJECT, sealed=("body",)),
        IsolateTenantTable("annotation_guidelinesversion", references=PROJECT, sealed=("body",)),
        IsolateTenantTable(
            "annotation_projectgrant",
            references={"content_object_id": "annotation_project", "user_id": "tenants_member"},
        ),
        IsolateTenantTable("annotation_importjob", references=PROJECT, sealed=("file_name", "options")),
        IsolateTenantTable("annotation_uploadpart", references=IMPORT, sealed=("body",)),
        IsolateTenantTable("annotation_refusedrows", references=IMPORT, sealed=("body",)),
        IsolateTenantTable("annotation_task", references=PROJECT | IMPORT, sealed=("payload",)),
        IsolateTenantTable("annotation_slot", references=PROJECT | TASK, key=""),
        IsolateTenantTable("annotation_mark", references=PROJECT, key=""),
        IsolateTenantTable("annotation_submission", references=PROJECT | TASK, sealed=("answer",)),
        IsolateTenantTable("annotation_exportjob", references=PROJECT, sealed=("digest",)),
        IsolateTenantTable("annotation_exportpart", references={"export_job_id": "annotation_exportjob"}, sealed=("body",)),
        migrations.RunSQL(EXTERNAL_ID_IS_BLIND, migrations.RunSQL.noop),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
