"""Files of ownership data on their way into the registry, and their parts."""

import django.db.models.deletion
from django.db import migrations, models

import ringfence.kernel.ids


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0007_commitments'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegistryImport',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(help_text='bods, gleif-1, gleif-2 or gleif-x', max_length=16)),
                ('state', models.CharField(help_text='receiving, waiting, reading, ready, applying, done, failed', max_length=16)),
                ('file_name', models.CharField(max_length=200)),
                ('file_bytes', models.BigIntegerField(default=0)),
                ('sha256', models.BinaryField(blank=True, max_length=32)),
                ('source', models.CharField(max_length=500)),
                ('dated', models.DateField(help_text="the file's own date")),
                ('asked_by', models.UUIDField(help_text="member id in the operator's workspace")),
                ('asked_at', models.DateTimeField()),
                ('beat_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ticket', models.BinaryField(help_text='of whoever asked, sealed; for a worker that takes it up later', null=True)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('found', models.JSONField(default=dict, help_text='what it would do, in numbers; the first refused rows')),
                ('plan', models.BinaryField(blank=True, help_text='SHA-256 of exactly what would be added', max_length=32)),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('version', models.BigIntegerField(help_text='the graph version that it became', null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-asked_at'], name='registry_import_by_age')],
            },
        ),
        migrations.CreateModel(
            name='RegistryImportPart',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('registry_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.registryimport')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('registry_import', 'number'), name='a_part_of_an_import_stands_once')],
            },
        ),
    ]
