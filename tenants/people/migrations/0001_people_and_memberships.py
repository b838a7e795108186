import django.db.models.deletion
from django.db import migrations, models

import ringfence.kernel.ids


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('member_id', models.UUIDField(default=ringfence.kernel.ids.uuid7, unique=True)),
                ('role', models.CharField(choices=[('owner', 'owner'), ('admin', 'admin'), ('manager', 'manager'), ('reviewer', 'reviewer'), ('labeler', 'labeler'), ('auditor', 'auditor'), ('operator', 'operator')], max_length=16)),
                ('epoch', models.BigIntegerField(default=1, help_text='moves when access changes; voids leases and tickets')),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('kind', models.CharField(default='entity', max_length=16)),
                ('is_operator', models.BooleanField(default=False)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('email_blind', models.BinaryField(max_length=16, unique=True)),
                ('email', models.BinaryField(help_text='sealed in the identity realm')),
                ('name', models.BinaryField(help_text='sealed in the identity realm')),
                ('password', models.CharField(help_text='Argon2id', max_length=200)),
                ('totp', models.BinaryField(help_text='sealed secret; null until the second factor is set up', null=True)),
                ('totp_step', models.BigIntegerField(default=0, help_text='last 30 s step used: a code works once')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('public_id', models.CharField(max_length=32, unique=True)),
                ('log_id', models.CharField(help_text="stands in the log's origin; not the public id", max_length=32, unique=True)),
                ('kind', models.CharField(choices=[('customer', 'Customer'), ('operator', 'Operator'), ('canary', 'Canary')], default='customer', max_length=16)),
                ('state', models.CharField(choices=[('setting-up', 'Setting Up'), ('active', 'Active'), ('suspended', 'Suspended'), ('leaving', 'Leaving'), ('destroyed', 'Destroyed')], default='setting-up', max_length=16)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32, unique=True)),
                ('permissions', models.JSONField(help_text="list of permission names; never more than the role's")),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.membership')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PasswordReset',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='membership',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.CreateModel(
            name='Affiliation',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(max_length=16)),
                ('start', models.DateField(null=True)),
                ('end', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.party')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RealmKey',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=16)),
                ('key_ref', models.CharField(max_length=200)),
                ('wrapped', models.BinaryField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('purpose',), name='one_realm_key_for_each_purpose')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32, unique=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32, unique=True)),
                ('second_factor_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
                ('tenant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='membership',
            name='tenant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.tenant'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32, unique=True)),
                ('email_blind', models.BinaryField(max_length=16)),
                ('email', models.BinaryField(help_text='sealed in the identity realm')),
                ('role', models.CharField(choices=[('owner', 'owner'), ('admin', 'admin'), ('manager', 'manager'), ('reviewer', 'reviewer'), ('labeler', 'labeler'), ('auditor', 'auditor'), ('operator', 'operator')], max_length=16)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ExcludedParty',
            fields=[
                ('id', models.UUIDField(default=ringfence.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField()),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.party')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.tenant')),
            ],
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('person', 'tenant'), name='one_membership_for_each_tenant'),
        ),
        migrations.AddConstraint(
            model_name='excludedparty',
            constraint=models.UniqueConstraint(fields=('tenant', 'party'), name='a_party_is_excluded_once'),
        ),
    ]
