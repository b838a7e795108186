"""Words of the labeling workspace (answering), for `makemessages`. Written by `npm run words` in annotation/ui; not by hand."""
# ruff: noqa: E501 - texts stand on one line each
# fmt: off

from django.utils.translation import gettext_noop

TEXTS: tuple[str, ...] = (
    gettext_noop("A passage has the same label twice."),
    gettext_noop("A span does not quote the text."),
    gettext_noop("A span has no label of this question."),
    gettext_noop("A span lies outside the text."),
    gettext_noop("Answer at least one question."),
    gettext_noop("At least {min} characters; now {length}."),
    gettext_noop("At most {max} characters; now {length}."),
    gettext_noop("Go down to the last level."),
    gettext_noop("Mark spans of the text."),
    gettext_noop("No two may share a rank."),
    gettext_noop("One answer for each is needed."),
    gettext_noop("One place is picked twice."),
    gettext_noop("Pick a number from {min} to {max}."),
    gettext_noop("Pick a place in the tree."),
    gettext_noop("Pick at least {min}."),
    gettext_noop("Pick at most {max}."),
    gettext_noop("Pick one of the options."),
    gettext_noop("Pick options of this question."),
    gettext_noop("Question {n}"),
    gettext_noop("Rank every answer."),
    gettext_noop("Say how much better."),
    gettext_noop("Say which is better."),
    gettext_noop("Spans may not overlap here."),
    gettext_noop("The field “{name}” is missing."),
    gettext_noop("The field “{name}” is no list of messages."),
    gettext_noop("The sample item"),
    gettext_noop("The schema"),
    gettext_noop("There are no two answers to compare in this item."),
    gettext_noop("There are no two texts to compare in {names}."),
    gettext_noop("There is nothing to compare in this item."),
    gettext_noop("This cannot be answered: the item has no text here."),
    gettext_noop("This is not asked about {target}."),
    gettext_noop("This question has to be answered."),
    gettext_noop("This question is not asked here."),
    gettext_noop("This question needs an answer."),
    gettext_noop("Write an answer."),
    gettext_noop("`item` names the fields that are shown."),
    gettext_noop("`questions` lists what is asked."),
    gettext_noop("{n} of {all} are still open."),
    gettext_noop("{what} is a JSON object."),
    gettext_noop("{what} is no JSON: {why}"),
    gettext_noop("{where} has no id or no text."),
    gettext_noop("{where}: each option has an id and a text."),
    gettext_noop("{where}: its type is one of {types}."),
)
PLURALS: tuple[tuple[str, str], ...] = (
)
