"""Words of the labeling workspace (practice), for `makemessages`. Written by `npm run words` in annotation/ui; not by hand."""
# ruff: noqa: E501 - texts stand on one line each
# fmt: off

from django.utils.translation import gettext_noop

TEXTS: tuple[str, ...] = (
    gettext_noop("# Practice\n\nFive short tasks, one of each kind. Nothing here is sent or counted.\n\n- Answers have **keys**; they are printed on the buttons.\n- There is no save button: everything you do is kept.\n- **Undo** takes back anything, also an answer that was sent.\n- Not sure? **Skip** with a reason, or **flag** the item and ask.\n\nPress `?` for all keys."),
    gettext_noop("1. Give it **six hours of sun**.\n2. Water when the top of the soil is dry, from below.\n3. Pinch off the tips every week, so that it grows bushy."),
    gettext_noop("Ada took the night train from Lisbon. Tomás met her in Porto, where Dr. Okafor had saved two seats."),
    gettext_noop("Basil is a herb from the mint family. Many people like its smell. You can buy it in shops."),
    gettext_noop("Garlic has been grown for more than 5,000 years."),
    gettext_noop("How do I keep basil alive on a windowsill?"),
    gettext_noop("How does the writer feel about the lamp?"),
    gettext_noop("How helpful is this reply?"),
    gettext_noop("In a text field keys only write. Ctrl+Enter submits from there; Escape leaves it."),
    gettext_noop("Mark every person and every place"),
    gettext_noop("Mixed"),
    gettext_noop("My bicycle squeaks when it rains. What should I do?"),
    gettext_noop("Nice, but how do I peel it?"),
    gettext_noop("No"),
    gettext_noop("Person"),
    gettext_noop("Place"),
    gettext_noop("Pleased"),
    gettext_noop("Practice"),
    gettext_noop("Press the key printed on an answer, then Enter. Made a slip? Press U."),
    gettext_noop("Put the cloves in a jar, close it, and shake hard for 20 seconds. The skins fall off."),
    gettext_noop("Select words with the mouse, or with the arrow keys and Shift; then press a label's key."),
    gettext_noop("Some questions are asked once for each reply. The one that has the keys shows them."),
    gettext_noop("The lamp came two days late, but it is brighter than I hoped and the arm stays where I put it. I read under it every evening now."),
    gettext_noop("Two or three sentences. Say what to do first."),
    gettext_noop("Unhappy"),
    gettext_noop("Was the question answered in the end?"),
    gettext_noop("What is the quickest way to peel a lot of garlic?"),
    gettext_noop("Which answer helps more?"),
    gettext_noop("Which side an answer stands on is random. Say how sure you are with the keys along the scale."),
    gettext_noop("Write a short, friendly answer"),
    gettext_noop("Yes"),
    gettext_noop("You have done all five practice tasks."),
    gettext_noop("not at all"),
    gettext_noop("very"),
)
PLURALS: tuple[tuple[str, str], ...] = (
)
