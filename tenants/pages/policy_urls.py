"""Addresses of the policy's pages, below `w/<tenant>/`."""

from django.urls import path

from tenants.pages import policy, policy_keys, policy_plans
from tenants.pages.policy_editor import EditPage
from tenants.pages.policy_trial import TrialPage

app_name = "policy"
urlpatterns = [
    path("neutrality/policy", policy.PolicyPage.as_view(), name="policy"),
    path("neutrality/policy/edit", EditPage.as_view(), name="edit"),
    path("neutrality/policy/keys", policy_keys.AdminKeysPage.as_view(), name="keys"),
    path("neutrality/policy/keys/command", policy_keys.CommandFile.as_view(), name="command"),
    path(
        "neutrality/policy/keys/<uuid:key_id>/endorse", policy_keys.EndorsePage.as_view(), name="key-endorse"
    ),
    path("neutrality/policy/keys/<uuid:key_id>/end", policy_keys.EndKeyPage.as_view(), name="key-end"),
    path(
        "neutrality/policy/keys/<uuid:key_id>/recover", policy_keys.RecoverPage.as_view(), name="key-recover"
    ),
    path(
        "neutrality/policy/recovery/<uuid:recovery_id>/<slug:step>",
        policy_keys.RecoveryPage.as_view(),
        name="recovery",
    ),
    path("neutrality/policy/plans", policy_plans.PlansPage.as_view(), name="plans"),
    path("neutrality/policy/plans/<uuid:plan_id>", policy_plans.PlanPage.as_view(), name="plan"),
    path("neutrality/policy/plans/<uuid:plan_id>/file", policy_plans.PlanFile.as_view(), name="plan-file"),
    path(
        "neutrality/policy/plans/<uuid:plan_id>/sign", policy_plans.SignPlanPage.as_view(), name="plan-sign"
    ),
    path("neutrality/policy/plans/<uuid:plan_id>/end", policy_plans.EndPlanPage.as_view(), name="plan-end"),
    path("neutrality/policy/<int:version>", policy.VersionPage.as_view(), name="version"),
    path("neutrality/policy/<int:version>/file", policy.RequestFile.as_view(), name="file"),
    path("neutrality/policy/<int:version>/propose", policy.ProposePage.as_view(), name="propose"),
    path("neutrality/policy/<int:version>/sign", policy.SignPage.as_view(), name="sign"),
    path("neutrality/policy/<int:version>/withdraw", policy.WithdrawPage.as_view(), name="withdraw"),
    path("neutrality/policy/<int:version>/trial", TrialPage.as_view(), name="trial"),
]
