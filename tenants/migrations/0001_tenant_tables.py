from django.db import migrations, models

import ringfence.kernel.context
import ringfence.kernel.ids
import ringfence.kernel.models
from ringfence.kernel.rls import GrantShared, IsolateTenantTable


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('name', ringfence.kernel.models.SealedField()),
                ('email', ringfence.kernel.models.SealedField()),
                ('role', models.CharField(max_length=16)),
                ('is_active', models.BooleanField(default=True)),
                ('joined_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='IsolationReport',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('asked_by_id', models.UUIDField()),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('done', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('wall', models.CharField(blank=True, help_text='the wall taken down in the shadow; empty for a check', max_length=32)),
                ('exit_code', models.SmallIntegerField(null=True)),
                ('report', ringfence.kernel.models.SealedField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='DataKey',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('unit_id', models.UUIDField()),
                ('purpose', models.CharField(max_length=16)),
                ('generation', models.PositiveIntegerField(default=1)),
                ('wrapped', ringfence.kernel.models.SealedField(help_text='RF1 under the tenant key; null once destroyed', null=True, purpose='wrap')),
                ('state', models.CharField(choices=[('active', 'Active'), ('decrypt-only', 'Decrypt Only'), ('destroyed', 'Destroyed')], default='active', max_length=16)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'unit_id', 'purpose', 'generation'), name='one_data_key_for_each_generation')],
            },
        ),
        migrations.CreateModel(
            name='Profile',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('name', ringfence.kernel.models.SealedField()),
                ('code_name', ringfence.kernel.models.SealedField()),
                ('pin_taken_at', models.DateTimeField(help_text='when an owner kept the pin file', null=True)),
                ('keys_confirmed_at', models.DateTimeField(help_text='when an owner confirmed the key ceremony', null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id',), name='one_profile_for_each_tenant')],
            },
        ),
        migrations.CreateModel(
            name='TenantKey',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('purpose', models.CharField(max_length=16)),
                ('generation', models.PositiveIntegerField(default=1)),
                ('key_ref', models.CharField(max_length=200)),
                ('wrapped', models.BinaryField(help_text='by the key service; null once destroyed', null=True)),
                ('state', models.CharField(choices=[('active', 'Active'), ('decrypt-only', 'Decrypt Only'), ('destroyed', 'Destroyed')], default='active', max_length=16)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'purpose', 'generation'), name='one_tenant_key_for_each_generation')],
            },
        ),
        IsolateTenantTable("tenants_member", sealed=("name", "email")),
        IsolateTenantTable("tenants_profile", sealed=("name", "code_name")),
        IsolateTenantTable("tenants_tenantkey"),
        IsolateTenantTable("tenants_datakey", sealed=("wrapped",)),
        IsolateTenantTable("tenants_isolationreport", sealed=("report",)),
        GrantShared("django_content_type"),
        GrantShared("auth_permission"),
    ]
