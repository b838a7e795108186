"""The quiz in forms: questions beside the guidelines that managers write, and answers on a labeler's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from annotation.labels.quiz import MOST_CHOICES, MOST_EXPLANATION, MOST_QUESTIONS, MOST_TEXT, Quiz

PREFIX = "quiz"
_PLACES = [("", _("Choose …")), *((str(n), str(n)) for n in range(1, MOST_CHOICES + 1))]


class QuestionForm(forms.Form):
    """One question; one whose fields are all empty is none. The service says what is wrong with the others."""

    text = forms.CharField(label=_("Question"), required=False, max_length=MOST_TEXT)
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        strip=False,
        help_text=_("2 to 6, one a line."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    right = forms.ChoiceField(label=_("Which line is right"), required=False, choices=_PLACES)
    explanation = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=MOST_EXPLANATION,
        help_text=_("Shown after a wrong answer."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class QuestionForms(forms.BaseFormSet):  # type: ignore[type-arg]
    """The questions of a quiz, in order."""

    def to_quiz(self) -> list[dict[str, Any]]:
        """Return what valid forms state, as the service reads it; empty ones are left out."""
        return [
            {
                "text": given["text"],
                "choices": [line.strip() for line in given["choices"].splitlines() if line.strip()],
                "right": int(given["right"]) - 1 if given["right"] else None,
                "explanation": given["explanation"],
            }
            for given in (form.cleaned_data for form in self.forms)
            if any(str(part).strip() for part in given.values())
        ]


def questions_given(data: QueryDict) -> QuestionForms:
    """Return the questions that a page sent; without any, none."""
    there = f"{PREFIX}-TOTAL_FORMS" in data
    sent = data if there else {f"{PREFIX}-TOTAL_FORMS": "0", f"{PREFIX}-INITIAL_FORMS": "0"}
    given: QuestionForms = _forms(0)(sent, prefix=PREFIX)
    return given


def questions_of(quiz: Quiz) -> QuestionForms:
    """Return the forms of a quiz, with an empty one behind it."""
    return questions_again([question.to_json() for question in quiz])


def questions_again(quiz: Sequence[Mapping[str, Any]], *, empty: int = 1) -> QuestionForms:
    """Return the forms of what was written so far, with empty ones behind it."""
    initial = [
        {
            "text": question["text"],
            "choices": "\n".join(question["choices"]),
            "right": "" if question["right"] is None else str(question["right"] + 1),
            "explanation": question["explanation"],
        }
        for question in quiz
    ]
    made: QuestionForms = _forms(min(empty, MOST_QUESTIONS - len(initial)))(initial=initial, prefix=PREFIX)
    return made


def answers_given(data: QueryDict, questions: int) -> list[int | None]:
    """Return which choice of each question a labeler's page sent; None where there is none."""
    sent = (data.get(f"answer-{n}", "") for n in range(questions))
    return [int(one) if one.isdecimal() and len(one) < 3 else None for one in sent]


def _forms(extra: int) -> Any:
    return forms.formset_factory(
        QuestionForm,
        formset=QuestionForms,
        extra=extra,
        max_num=MOST_QUESTIONS,
        absolute_max=MOST_QUESTIONS + 1,
    )
