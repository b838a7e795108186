from django.db import migrations

from ringfence.kernel.rls import AdmitOnly, GiveOnlyToAdmitted


class Migration(migrations.Migration):
    dependencies = [("annotation", "0007_quiz"), ("tenants", "0002_nobody_barred")]

    operations = [
        AdmitOnly(
            "annotation_acknowledgement",
            "annotation_aggregatecursor",
            "annotation_agreementversion",
            "annotation_comment",
            "annotation_commentanswer",
            "annotation_draft",
            "annotation_exportjob",
            "annotation_exportpart",
            "annotation_guidelinesversion",
            "annotation_importjob",
            "annotation_mark",
            "annotation_memberskill",
            "annotation_personcount",
            "annotation_project",
            "annotation_projectaggregate",
            "annotation_projectgrant",
            "annotation_projectskill",
            "annotation_purposeversion",
            "annotation_quiztries",
            "annotation_refusedrows",
            "annotation_schemaversion",
            "annotation_skill",
            "annotation_skip",
            "annotation_slot",
            "annotation_submission",
            "annotation_task",
            "annotation_uploadpart",
        ),
        GiveOnlyToAdmitted("annotation_projectgrant", "user_id"),
        GiveOnlyToAdmitted("annotation_memberskill", "member_id"),
        GiveOnlyToAdmitted("annotation_slot", "labeler_id"),
        GiveOnlyToAdmitted("annotation_slot", "reserved_for"),
    ]
