import django.db.models.deletion
from django.db import migrations, models

import ringfence.kernel.context
import ringfence.kernel.ids
import ringfence.kernel.models
from ringfence.kernel.rls import IsolateTenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0004_exposure_and_attestation'),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('url', ringfence.kernel.models.SealedField()),
                ('secret', ringfence.kernel.models.SealedField()),
                ('old_secret', ringfence.kernel.models.SealedField(help_text='still signed with until `old_until`', null=True)),
                ('old_until', models.DateTimeField(null=True)),
                ('judged', ringfence.kernel.models.SealedField(help_text="the newest verdict: outcome, parties, and why in the admin's own words")),
                ('verbs', models.JSONField(help_text='which events are sent')),
                ('state', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('refused', 'Refused'), ('disabled', 'Disabled')], default='active', max_length=16)),
                ('cursor', models.BigIntegerField(help_text='index of the next log entry to look at')),
                ('failures', models.PositiveIntegerField(default=0, help_text='failed attempts in a row')),
                ('resume_at', models.DateTimeField(help_text='nothing is sent before, after a failure', null=True)),
                ('busy_until', models.DateTimeField(help_text='one worker at a time sends to one address', null=True)),
                ('created_by_id', models.UUIDField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=ringfence.kernel.context.current_tenant_id, editable=False)),
                ('event_index', models.BigIntegerField(help_text='in the log; null for a test', null=True)),
                ('event_id', models.UUIDField()),
                ('verb', models.CharField(max_length=80)),
                ('object_kind', models.CharField(max_length=40)),
                ('object_id', models.UUIDField(null=True)),
                ('event_at', models.DateTimeField()),
                ('attempt', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('delivered', 'Delivered'), ('failed', 'Failed'), ('given-up', 'Given Up'), ('refused', 'Refused')], default='waiting', max_length=16)),
                ('due_at', models.DateTimeField()),
                ('began_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('trouble', models.CharField(blank=True, help_text='what went wrong, as one word', max_length=24)),
                ('status_class', models.PositiveSmallIntegerField(help_text='2 for 200 to 299, and so on', null=True)),
                ('asked_by_id', models.UUIDField(help_text='who asked to send it again', null=True)),
                ('webhook', ringfence.kernel.models.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.webhook')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'sending'])), fields=['tenant_id', 'webhook', 'due_at'], name='deliveries_that_are_open')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'webhook', 'event_id', 'attempt'), name='one_row_for_each_attempt')],
            },
        ),
        IsolateTenantTable("tenants_webhook", sealed=("url", "secret", "old_secret", "judged")),
        IsolateTenantTable("tenants_webhookdelivery", references={"webhook_id": "tenants_webhook"}),
    ]
