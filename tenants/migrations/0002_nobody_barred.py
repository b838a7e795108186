from django.db import migrations

from ringfence.kernel.rls import AdmitOnly


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_tenant_tables")]

    operations = [
        AdmitOnly("tenants_isolationreport", "tenants_member", "tenants_profile"),
        AdmitOnly("tenants_datakey", "tenants_tenantkey", function="may_seal"),
    ]
