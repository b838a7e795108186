"""A way out is found in the source, however it is spelled, and one that names no door is in trouble."""

import pytest

from ringfence.kernel.ways_out import troubles

MARKED = "from ringfence.kernel.registry import leaves_by, lets_leave\n"
FILE = """
def take(request):
    answer = HttpResponse(b"x")
    answer["Content-Disposition"] = "attachment"
    return answer
"""
HEADERS = 'def take(request):\n    return HttpResponse(headers={"Content-Disposition": "attachment"})\n'


def calling(imported: str, call: str) -> str:
    return f"{imported}\ndef take(request):\n    return {call}\n"


PLANTS = {
    "a file": FILE,
    "a header in small letters": FILE.replace("Content-Disposition", "content-disposition"),
    "headers at once": HEADERS,
    "a stream": calling("from django.http import StreamingHttpResponse", "StreamingHttpResponse([])"),
    "a stream by another name": calling("from django.http import FileResponse as F", "F(open('x'))"),
    "a stream by its module": calling("import django.http", "django.http.StreamingHttpResponse([])"),
    "a mail": calling("from django.core.mail import send_mail", "send_mail('', '', None, [request])"),
    "a mail by its module": calling("from django.core import mail", "mail.EmailMessage(to=[request]).send()"),
    "an import inside": "def take(to):\n    from django.core import mail as m\n    m.send_mail('', '', None, [to])\n",
    "a request outwards": calling("from tenants.egress.client import send", "send(request, 'GET')"),
    "one that is handed on": calling("from tenants.egress.client import send", "later(send, request)"),
}


@pytest.mark.parametrize("text", PLANTS.values(), ids=PLANTS)
def test_a_way_out_without_a_door_is_seen(text: str) -> None:
    (said,) = troubles({"annotation.planted": text}, [])
    assert said.startswith("annotation.planted.take lets something leave (")


@pytest.mark.parametrize("text", PLANTS.values(), ids=PLANTS)
def test_one_with_a_door_is_none(text: str) -> None:
    declared = MARKED + text.replace("def take", '@leaves_by("planted")\ndef take')
    assert troubles({"annotation.planted": declared}, ["planted"]) == []


@pytest.mark.parametrize("text", PLANTS.values(), ids=PLANTS)
def test_a_door_that_is_not_registered_is_none(text: str) -> None:
    declared = MARKED + text.replace("def take", '@leaves_by("planted")\ndef take')
    assert troubles({"annotation.planted": declared}, []) == [
        "annotation.planted.take names the door planted, which is not registered."
    ]


def test_a_method_of_a_view_is_seen_by_its_class() -> None:
    text = "class Page:\n" + "".join(f"    {line}\n" for line in FILE.splitlines())
    assert troubles({"annotation.planted": text}, [])[0].startswith("annotation.planted.Page.take lets")


def test_what_stands_outside_of_functions_is_seen() -> None:
    text = "from django.core.mail import send_mail\nclass Page:\n    tell = send_mail\n"
    assert troubles({"annotation.planted": text}, [])[0].startswith("annotation.planted lets")


def test_who_calls_a_helper_says_by_which_door() -> None:
    helper = MARKED + FILE.replace("def take", "@lets_leave\ndef attached")
    caller = "from annotation.helper import attached\ndef take(request):\n    return attached(request)\n"
    sources = {"annotation.helper": helper, "annotation.planted": caller}
    assert troubles(sources, []) == [
        "annotation.planted.take lets something leave (annotation.helper.attached) and says by no door."
    ]
    sources["annotation.planted"] = MARKED + caller.replace("def take", '@leaves_by("planted")\ndef take')
    assert troubles(sources, ["planted"]) == []


def test_a_helper_in_the_same_module_is_one_too() -> None:
    text = (
        MARKED
        + FILE.replace("def take", "@lets_leave\ndef _file")
        + "def take(request):\n    return _file(request)\n"
    )
    assert troubles({"annotation.planted": text}, [])[0].startswith("annotation.planted.take lets")


def test_a_type_alone_lets_nothing_leave() -> None:
    text = "from django.http import StreamingHttpResponse as S\ndef take(a: S) -> S:\n    return a\n"
    assert troubles({"annotation.planted": text}, []) == []


def test_a_door_by_which_nothing_leaves_is_in_trouble() -> None:
    assert troubles({"annotation.planted": "x = 1\n"}, ["planted"]) == [
        "The door planted is registered, and nothing leaves by it."
    ]


def test_a_declaration_that_is_not_true_any_more_is_in_trouble() -> None:
    text = MARKED + '@leaves_by("planted")\ndef take():\n    return 1\n'
    assert troubles({"annotation.planted": text}, ["planted"]) == [
        "annotation.planted.take says that something leaves through it, and nothing does."
    ]
