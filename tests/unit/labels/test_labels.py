"""The pure room of labels: schemas, answers, items, guidelines."""

from typing import Any

import pytest

from annotation.labels.answer import StoredAnswer, check_answer, decode_answer, encode_answer
from annotation.labels.errors import Malformed, Unreadable
from annotation.labels.guidelines import check_guidelines, render_guidelines
from annotation.labels.item import Item, as_text, decode_item, encode_item, only_shown
from annotation.labels.schema import decode_schema, encode_schema, read_schema


def option(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"o{n}", "text": f"Option {n}", **more}


def choice(*options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "q", "type": "choice", "text": "Which?", "options": list(options), **more}


def schema(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 1, "item": {"text": "text"}, "questions": list(questions), **more}


def test_a_schema_survives_its_bytes() -> None:
    read = read_schema(
        schema(choice(option(1), option(2, text="Zürich 🙂")), item={"b": "text", "a": "text"})
    )
    assert decode_schema(encode_schema(read)) == read
    assert [name for name, _ in read.item] == ["b", "a"]


def test_keys_fill_up_with_the_digits_that_are_left() -> None:
    read = read_schema(schema(choice(option(1), option(2, key="1"), option(3, key="x"), option(4))))
    assert [o.key for o in read.questions[0].options] == ["2", "1", "x", "3"]


def test_more_options_than_digits_get_letters_that_mean_nothing_else() -> None:
    read = read_schema(schema(choice(*(option(n) for n in range(30)))))
    assert "".join(o.key for o in read.questions[0].options) == "1234567890abcdeilmnopqtvwxyz"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (schema(choice(option(1))), "questions[0].options"),
        (schema(choice(*(option(n) for n in range(51)))), "questions[0].options"),
        (schema(choice(option(1), option(1))), "questions[0].options"),
        (schema(choice(option(1, key="a"), option(2, key="a"))), "questions[0].options"),
        (schema(choice(option(1, key="S".lower()), option(2))), "questions[0].options[0].key"),
        (schema(choice(option(1, key="ä"), option(2))), "questions[0].options[0].key"),
        (schema(choice(option(1, key="12"), option(2))), "questions[0].options[0].key"),
        (schema(choice(option(1, id="-"), option(2))), "questions[0].options[0].id"),
        (schema(choice(option(1, id="x" * 41), option(2))), "questions[0].options[0].id"),
        (schema(choice(option(1, text=" "), option(2))), "questions[0].options[0].text"),
        (schema(choice(option(1, text="a\0b"), option(2))), "questions[0].options[0].text"),
        (schema(choice(option(1, text="\ud800"), option(2))), "questions[0].options[0].text"),
        (schema(choice(option(1, colour="red"), option(2))), "questions[0].options[0]"),
        (schema(choice(option(1), option(2), required="yes")), "questions[0].required"),
        (schema(choice(option(1), option(2), id=7)), "questions[0].id"),
        (schema(choice(option(1), option(2), text="x" * 501)), "questions[0].text"),
        (schema("what?"), "questions[0]"),  # type: ignore[arg-type]
        (schema(choice(option(1), "two")), "questions[0].options[1]"),  # type: ignore[arg-type]
        (schema(*[choice(option(1), option(2), id=f"q{n}") for n in range(21)]), "questions"),
        (schema(choice(option(1), option(2)), version=True), "version"),
        (schema(choice(option(1), option(2)), item={"": "text"}), "item"),
        (schema(choice(option(1), option(2)), item=["text"]), "item"),
        (
            schema(*[choice(*(option(n, text="x" * 400) for n in range(50)), id=f"q{n}") for n in range(4)]),
            "schema",
        ),
    ],
)
def test_a_broken_schema_names_the_place(body: Any, where: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_schema(body)
    assert refused.value.where == where
    assert str(refused.value)


def test_an_optional_question_may_stay_open_but_not_all_of_them() -> None:
    read = read_schema(
        schema(
            choice(option(1), option(2), required=False),
            choice(option(1), option(2), id="r", required=False),
        )
    )
    assert check_answer(read, None, {"r": "o2"}) == {"r": "o2"}
    assert check_answer(read, None, {"r": "o2", "q": None}) == {"r": "o2"}
    with pytest.raises(Malformed):
        check_answer(read, None, {})


def test_equal_answers_are_equal_bytes() -> None:
    assert encode_answer({"a": "1", "b": "2"}) == encode_answer({"b": "2", "a": "1"})
    assert decode_answer(encode_answer({"a": "ü"})) == StoredAnswer({"a": "ü"})


def test_only_the_shown_fields_leave() -> None:
    read = read_schema(schema(choice(option(1), option(2)), item={"text": "text", "title": "text"}))
    item = decode_item(encode_item({"id": 7, "text": "seen", "gold": "secret"}))
    assert (item.external_id, only_shown(read, item)) == ("7", {"text": "seen", "title": None})


@pytest.mark.parametrize(
    ("value", "text"), [("a\r\nb", "a\r\nb"), (None, ""), (3, "3"), ({"ä": [1]}, '{"ä": [1]}')]
)
def test_fields_are_shown_as_they_are(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("damaged", [b"", b"[1]", b"\xff", b"7", b'{"a":'])
def test_damaged_bytes_are_not_read(damaged: bytes) -> None:
    for read in (decode_item, decode_schema, decode_answer):
        with pytest.raises(Unreadable):
            read(damaged)


def test_an_item_hides_its_fields_from_logs() -> None:
    assert "secret" not in repr(Item("1", {"text": "secret"}))


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "![x](https://elsewhere.example/pixel.png)",
        '<a href="https://x" onclick="y">z</a>',
        "<style>*{display:none}</style>",
        "[x](https://x 'a\" onmouseover=alert(1) b')",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_guidelines_carry_no_script_no_picture_and_no_markup_of_their_own(attack: str) -> None:
    import re
    from html.parser import HTMLParser

    class Seen(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: list[tuple[str, dict[str, str | None]]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.append((tag, dict(attrs)))

    seen = Seen()
    seen.feed(render_guidelines(f"# Title\n\n{attack}\n\n- **{attack}**"))
    assert {tag for tag, _ in seen.tags} <= {"h2", "p", "ul", "li", "strong", "a"}
    for tag, attrs in seen.tags:
        assert set(attrs) <= ({"href", "title"} if tag == "a" else set())
        assert re.match(r"https?://", attrs.get("href") or "https://")


def test_guidelines_keep_their_words() -> None:
    assert check_guidelines("a\r\nb") == "a\nb"
    for broken in ("x" * 100_001, "a\0", "\udc00"):
        with pytest.raises(Malformed):
            check_guidelines(broken)
