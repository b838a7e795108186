"""Forms of the pages of people and members. Services refuse again whatever these let through."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ringfence.kernel.errors import Invalid, RingfenceError
from ringfence.kernel.permissions import Permission, Role
from tenants.pages.words import RIGHT_WORDS
from tenants.services.manage_tokens import LABEL_CHARACTERS, LONGEST

PASSWORD_HELP = _("At least 12 characters. A sentence that only you know is better than a short riddle.")


def show_refusal(form: forms.Form, refusal: RingfenceError) -> None:
    """Put a service's refusal where the form's reader looks: at its field, or above all fields."""
    field = refusal.field if isinstance(refusal, Invalid) and refusal.field in form.fields else None
    form.add_error(field, str(refusal))


def _password(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class SignInForm(forms.Form):
    """Address and password."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = _password(_("Password"), "current-password")


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


class EmailForm(forms.Form):
    """One address."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class NewPasswordForm(forms.Form):
    """A new password after a reset."""

    password = _password(_("New password"), "new-password", PASSWORD_HELP)


class ChangePasswordForm(forms.Form):
    """The present password and a new one."""

    present = _password(_("Present password"), "current-password")
    password = _password(_("New password"), "new-password", PASSWORD_HELP)


class NewcomerForm(forms.Form):
    """Who accepts an invitation and has no account yet."""

    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = _password(_("Password"), "new-password", PASSWORD_HELP)


class KnownForm(forms.Form):
    """Who accepts an invitation and has an account."""

    password = _password(_("Your password"), "current-password")


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(label=_("E-mail address"))

    def __init__(self, *args: Any, roles: tuple[Role, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        initial = Role.LABELER.value if Role.LABELER in roles else None
        choices = [(role.value, role.value) for role in roles]
        self.fields["role"] = forms.ChoiceField(label=_("Role"), choices=choices, initial=initial)


class TokenForm(forms.Form):
    """What a new token is for, what it may do, and how long."""

    label = forms.CharField(
        label=_("What it is for"),
        max_length=LABEL_CHARACTERS,
        help_text=_("For example “nightly export”. Only you see it."),
    )
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=LONGEST.days, initial=90)

    def __init__(self, *args: Any, held: frozenset[Permission], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["permissions"] = forms.MultipleChoiceField(
            label=_("What it may do"),
            choices=[(p.value, format_lazy("{} · {}", p.value, RIGHT_WORDS[p])) for p in sorted(held)],
            widget=forms.CheckboxSelectMultiple,
        )
