"""Each question type: which schemas and answers are right, and what is said of those that are not."""

from typing import Any
from uuid import UUID

import pytest

from annotation.labels.answer import check_answer, decode_answer, encode_answer
from annotation.labels.errors import Malformed, Unreadable
from annotation.labels.order import shown_order
from annotation.labels.schema import decode_schema, encode_schema, read_schema

OPTIONS = [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}, {"id": "c", "text": "C"}]
TREE = [
    {
        "id": "animal",
        "text": "Animal",
        "options": [{"id": "dog", "text": "Dog"}, {"id": "cat", "text": "Cat"}],
    },
    {"id": "plant", "text": "Plant"},
]
CHAT = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": "hello"},
    {"role": "user", "content": "more"},
    {"role": "assistant", "content": "so"},
]
ITEM = {"text": "Alice 🙂 met Bob", "talk": CHAT, "x": "left", "y": "right", "prompt": "p"}
NODES = [{"id": f"n{n}", "text": "x"} for n in range(501)]
DEEP: list[dict[str, Any]] = [{"id": "n7", "text": "x"}]
for level in range(6, 0, -1):
    DEEP = [{"id": f"n{level}", "text": "x", "options": DEEP}]


def q(kind: str, name: str = "q", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "text": "?", **more}


def schema(*questions: dict[str, Any], of: Any = ("x", "y"), **more: Any) -> dict[str, Any]:
    item = {"text": "text", "talk": "chat", "prompt": "markdown"}
    return {"version": 1, "item": item, "candidates": {"of": list(of)}, "questions": list(questions), **more}


FIRST = q("choice", "first", options=OPTIONS)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (schema(q("choices", options=[])), "questions[0].options"),
        (schema(q("choices", options=OPTIONS, min=4)), "questions[0].min"),
        (schema(q("choices", options=OPTIONS, min=2, max=1)), "questions[0].max"),
        (schema(q("choices", options=OPTIONS, max=True)), "questions[0].max"),
        (schema(q("taxonomy", options=NODES)), "questions[0].options"),
        (schema(q("taxonomy", options=[{**n, "options": [{"id": f"m{i}", "text": "x"}]} for i, n in enumerate(NODES[:251])])), "questions[0].options"),  # noqa: E501
        (schema(q("taxonomy", options=DEEP)), ".".join(["questions[0]", *["options[0]"] * 6, "options"])),
        (schema(q("taxonomy", options=[*TREE, {"id": "dog", "text": "Again"}])), "questions[0].options"),
        (schema(q("taxonomy", options=[{"id": "a", "text": "A", "key": "1"}])), "questions[0].options[0]"),
        (schema(q("taxonomy", options=TREE, many=1)), "questions[0].many"),
        (schema(q("spans", options=OPTIONS)), "questions[0].of"),
        (schema(q("spans", options=OPTIONS, of="prompt")), "questions[0].of"),
        (schema(q("spans", options=OPTIONS, of=["text"])), "questions[0].of"),
        (schema(q("preference", strength=4)), "questions[0].strength"),
        (schema(q("preference"), candidates=None), "questions[0]"),
        (schema(q("ranking"), candidates=None), "questions[0]"),
        (schema(q("preference"), of=("x", "y", "z")), "candidates.of"),
        (schema(q("rating", max=12)), "questions[0].max"),
        (schema(q("rating", min=5, max=4)), "questions[0].max"),
        (schema(q("rating", min=1.0)), "questions[0].min"),
        (schema(q("rating", low="x" * 501)), "questions[0].low"),
        (schema(q("text", max_length=200_001)), "questions[0].max_length"),
        (schema(q("text", min_length=11, max_length=10)), "questions[0].min_length"),
        (schema(q("text", starts_from="first")), "questions[0].starts_from"),
        (schema(FIRST, q("text", starts_from="first")), "questions[1].starts_from"),
        (schema(q("text", lines=0)), "questions[0].lines"),
        (schema(q("text", options=OPTIONS)), "questions[0]"),
        (schema(q("text", help="x" * 2_001)), "questions[0].help"),
        (schema(q("rubric")), "questions[0].type"),
        (schema(q("text", per="candidates")), "questions[0]"),
        (schema(q("rating", per="messages")), "questions[0].per"),
        (schema(q("rating", per={"messages": "text"})), "questions[0].per.messages"),
        (schema(q("rating", per={"messages": "talk", "roles": []})), "questions[0].per.roles"),
        (schema(q("rating", per={"messages": "talk", "roles": ["narrator"]})), "questions[0].per.roles"),
        (schema(q("rating", per={"messages": "talk", "who": []})), "questions[0].per"),
        (schema(q("rating", per="candidates"), candidates=None), "questions[0].per"),
        (schema(q("text", when={"question": "later", "is": ["a"]}), FIRST), "questions[0].when.question"),
        (schema(q("text", when={"question": "q", "is": ["a"]})), "questions[0].when.question"),
        (schema(FIRST, q("text", when={"question": "first", "is": ["z"]})), "questions[1].when.is"),
        (schema(FIRST, q("text", when={"question": "first", "is": []})), "questions[1].when.is"),
        (schema(FIRST, q("text", when={"question": "first", "is": [["a"]]})), "questions[1].when.is"),
        (schema(FIRST, q("text", when={"question": "first", "is": ["a", "a"]})), "questions[1].when.is"),
        (schema(FIRST, q("text", when="first")), "questions[1].when"),
        (schema(q("text"), q("text", "r", when={"question": "q", "is": ["x"]})), "questions[1].when.question"),
        (schema(q("rating"), q("text", "r", when={"question": "q", "is": [True]})), "questions[1].when.is"),
        (schema(q("preference", tie=False), q("text", "r", when={"question": "q", "is": ["tie"]})), "questions[1].when.is"),  # noqa: E501
        (schema(FIRST, of=()), "candidates.of"),
        (schema(FIRST, of=[f"f{n}" for n in range(11)]), "candidates.of"),
        (schema(FIRST, of=("x", "x")), "candidates.of"),
        (schema(FIRST, of=("text", "x")), "candidates.of[0]"),
        (schema(FIRST, of=("x", "tie")), "candidates.of[1]"),
        (schema(FIRST, of=("x", 7)), "candidates.of[1]"),
        (schema(FIRST, candidates={"of": ["x", "y"], "as": "html"}), "candidates.as"),
        (schema(FIRST, candidates=["x", "y"]), "candidates"),
        (schema(FIRST, item={"text": "html"}), "item.text"),
        (schema(FIRST, item={"text": ["text"]}), "item.text"),
        (schema(FIRST, seed="00"), "schema"),
        (schema(q("choice", options=[{"id": "a", "text": "A", "key": "j"}, OPTIONS[1]])), "questions[0].options[0].key"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_broken_schema_names_the_place(body: Any, where: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_schema(body)
    assert refused.value.where == where
    assert str(refused.value)


SPAN = {"start": 0, "end": 5, "quote": "Alice", "label": "a"}
FACE = {"start": 6, "end": 7, "quote": "🙂", "label": "b"}
PER = {"per": {"messages": "talk"}}
SPANS = q("spans", of="text", options=OPTIONS)

RIGHT = [
    (q("choice", options=OPTIONS), "b", "b"),
    (q("choices", options=OPTIONS), ["c", "a"], ["a", "c"]),
    (q("choices", options=OPTIONS), [], []),
    (q("taxonomy", options=TREE), ["animal", "dog"], ["animal", "dog"]),
    (q("taxonomy", options=TREE, leaf_only=False), ["animal"], ["animal"]),
    (q("taxonomy", options=TREE, many=True), [["plant"], ["animal", "cat"]], [["animal", "cat"], ["plant"]]),
    (SPANS, [FACE, SPAN], [SPAN, FACE]),
    (SPANS, [], []),
    (SPANS, [{**SPAN, "label": "b"}, SPAN], [SPAN, {**SPAN, "label": "b"}]),
    (q("preference"), {"better": "A"}, {"better": "A"}),
    (q("preference"), {"better": "A", "strength": 1}, {"better": "A"}),
    (q("preference", strength=3), {"better": "B", "strength": 2}, {"better": "B", "strength": 2}),
    (q("preference"), {"better": "tie"}, {"better": "tie"}),
    (q("preference", strength=2), {"better": "both_bad"}, {"better": "both_bad"}),
    (q("ranking"), [["B"], ["A"]], [["B"], ["A"]]),
    (q("ranking"), [["B", "A"]], [["A", "B"]]),
    (q("rating"), 5, 5),
    (q("rating", min=-3, max=0), -3, -3),
    (q("text"), " \r\n\0\ud800", " \r\n\0\ud800"),
    (q("text", min_length=1, max_length=1), "🧑", "🧑"),
    (q("text", cannot_assess=True), {"cannot_assess": True}, {"cannot_assess": True}),
    (q("rating", **PER), {"3": 1, "1": 5}, {"1": 5, "3": 1}),
    (q("choice", options=OPTIONS, per={"messages": "talk", "roles": ["user", "assistant"]}),
     {"0": "a", "1": "a", "2": "b", "3": "c"}, {"0": "a", "1": "a", "2": "b", "3": "c"}),
    (q("choices", options=OPTIONS, per="candidates", required=False), {"B": ["b", "a"]}, {"B": ["a", "b"]}),
    (q("rating", cannot_assess=True, **PER), {"cannot_assess": True}, {"cannot_assess": True}),
]  # fmt: skip


@pytest.mark.parametrize(("question", "value", "stored"), RIGHT)
def test_a_right_answer_is_stored_in_one_form(question: dict[str, Any], value: Any, stored: Any) -> None:
    read = read_schema(schema(question))
    checked = check_answer(read, ITEM, {"q": value})
    assert checked == {"q": stored}
    assert decode_answer(encode_answer(checked)).answer == checked


WRONG = [
    (q("choice", options=OPTIONS), ["a"], "pick one of the options"),
    (q("choice", options=OPTIONS), {"cannot_assess": True}, "cannot assess"),
    (q("choices", options=OPTIONS), "a", "as a list"),
    (q("choices", options=OPTIONS), ["a", "z"], "pick options"),
    (q("choices", options=OPTIONS), [["a"]], "pick options"),
    (q("choices", options=OPTIONS), ["a", "a"], "twice"),
    (q("choices", options=OPTIONS, min=1), [], "at least 1"),
    (q("choices", options=OPTIONS, max=2), ["a", "b", "c"], "at most 2"),
    (q("taxonomy", options=TREE), ["animal"], "nothing under it"),
    (q("taxonomy", options=TREE), ["dog"], "does not exist"),
    (q("taxonomy", options=TREE), [["animal", "dog"]], "from the top down"),
    (q("taxonomy", options=TREE, many=True), ["animal", "dog"], "from the top down"),
    (q("taxonomy", options=TREE, many=True), [["plant"], ["plant"]], "twice"),
    (q("taxonomy", options=TREE, many=True), [], "needs an answer"),
    (SPANS, "Alice", "a list"),
    (SPANS, ["Alice"], "span 0"),
    (SPANS, [{**SPAN, "quote": "alice"}], "quotes other words"),
    (SPANS, [{**FACE, "end": 8, "quote": "🙂"}], "code points"),
    (SPANS, [{**SPAN, "end": 15}], "quotes other words"),
    (SPANS, [{**SPAN, "end": 16}], "does not lie in the text, which has 15 characters"),
    (SPANS, [{**SPAN, "start": -1}], "does not lie"),
    (SPANS, [{**SPAN, "start": 5}], "does not lie"),
    (SPANS, [{**SPAN, "start": False}], "does not lie"),
    (SPANS, [{**SPAN, "start": 0.0}], "does not lie"),
    (SPANS, [{**SPAN, "label": "z"}], "no label"),
    (SPANS, [{**SPAN, "label": []}], "no label"),
    (SPANS, [{**SPAN, "note": "x"}], "span 0"),
    (SPANS, [SPAN, SPAN], "twice"),
    (SPANS | {"overlap": False}, [SPAN, {**SPAN, "label": "b"}], "overlap"),
    (q("preference"), "A", "an object"),
    (q("preference"), {"better": "C"}, "pick one"),
    (q("preference"), {"better": "x"}, "pick one"),
    (q("preference"), {"better": ["A"]}, "pick one"),
    (q("preference", strength=2), {"better": "A"}, "how much better, from 1 to 2"),
    (q("preference", strength=2), {"better": "A", "strength": 3}, "how much better"),
    (q("preference", strength=2), {"better": "A", "strength": True}, "how much better"),
    (q("preference"), {"better": "A", "strength": 2}, "one strength"),
    (q("preference"), {"better": "A", "strength": True}, "one strength"),
    (q("preference"), {"better": "tie", "strength": 1}, "only a preferred"),
    (q("preference", tie=False), {"better": "tie"}, "pick one"),
    (q("preference", both_bad=False), {"better": "both_bad"}, "pick one"),
    (q("ranking"), ["A", "B"], "groups"),
    (q("ranking"), [["A"], []], "groups"),
    (q("ranking"), [["A"]], "ranked once"),
    (q("ranking"), [["A"], ["A", "B"]], "ranked once"),
    (q("ranking"), [["A"], ["C"]], "only the candidates"),
    (q("ranking"), [["A"], [["B"]]], "only the candidates"),
    (q("ranking", ties=False), [["A", "B"]], "no ties"),
    (q("rating"), 0, "from 1 to 5"),
    (q("rating"), 6, "from 1 to 5"),
    (q("rating"), 3.0, "whole numbers"),
    (q("rating"), True, "whole numbers"),
    (q("rating"), "3", "whole numbers"),
    (q("text"), "", "needs an answer"),
    (q("text"), 7, "a text"),
    (q("text", min_length=3), "ab", "at least 3 characters; there are 2"),
    (q("text", max_length=3), "abcd", "at most 3 characters; there are 4"),
    (q("rating", **PER), {"1": 1}, "“3” too"),
    (q("rating", **PER), {}, "needs an answer"),
    (q("rating", **PER), {"1": 1, "3": 1, "0": 1}, "“0”"),
    (q("rating", **PER), {"1": 1, "3": 9}, "from 1 to 5"),
    (q("rating", **PER), 3, "each of its parts"),
    (q("rating", per="candidates"), {"A": 1}, "“B” too"),
    (q("rating", per="candidates"), {"A": 1, "B": 1, "x": 1}, "“x”"),
    (q("rating", cannot_assess=True), {"cannot_assess": False}, "whole numbers"),
    (q("rating", cannot_assess=True), {"cannot_assess": 1}, "whole numbers"),
]


@pytest.mark.parametrize(("question", "value", "words"), WRONG)
def test_a_wrong_answer_is_refused_in_words(question: dict[str, Any], value: Any, words: str) -> None:
    read = read_schema(schema(question))
    with pytest.raises(Malformed, match=words) as refused:
        check_answer(read, ITEM, {"q": value})
    assert refused.value.where == "q"


BRANCHING = schema(
    q("choice", "safe", options=OPTIONS, required=False, cannot_assess=True),
    q("choices", "harms", options=OPTIONS, when={"question": "safe", "is": ["b", "c"]}),
    q("text", "which", when={"question": "harms", "is": ["c"]}),
    q("preference", "better", required=False),
    q("text", "why", when={"question": "better", "is": ["candidate"]}),
    q("rating", "grade", required=False, per={"messages": "talk"}),
    q("text", "bad", when={"question": "grade", "is": [1, 2]}),
    q("taxonomy", "topic", options=TREE, required=False),
    q("text", "breed", when={"question": "topic", "is": ["animal"]}),
)


@pytest.mark.parametrize(
    "answer",
    [
        {"safe": "a"},
        {"safe": {"cannot_assess": True}},
        {"safe": "b", "harms": ["a", "b"]},
        {"safe": "c", "harms": ["a", "c"], "which": "w"},
        {"better": {"better": "tie"}},
        {"better": {"better": "A"}, "why": "w"},
        {"grade": {"1": 5, "3": 2}, "bad": "w"},
        {"grade": {"1": 5}},
        {"topic": ["animal", "dog"], "breed": "w"},
        {"topic": ["plant"]},
    ],
)
def test_a_question_is_asked_only_after_the_answers_that_it_waits_for(answer: dict[str, Any]) -> None:
    assert check_answer(read_schema(BRANCHING), ITEM, answer) == answer


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        ({"safe": "a", "harms": ["a"]}, "harms"),
        ({"safe": "b"}, "harms"),
        ({"safe": {"cannot_assess": True}, "harms": ["a"]}, "harms"),
        ({"safe": "b", "harms": ["a"], "which": "w"}, "which"),
        ({"which": "w", "better": {"better": "tie"}}, "which"),
        ({"better": {"better": "A"}}, "why"),
        ({"better": {"better": "both_bad"}, "why": "w"}, "why"),
        ({"grade": {"1": 5, "3": 3}, "bad": "w"}, "bad"),
        ({"topic": ["plant"], "breed": "w"}, "breed"),
    ],
)
def test_an_answer_to_a_question_that_is_not_asked_is_refused_and_a_missing_one_too(
    answer: dict[str, Any], where: str
) -> None:
    with pytest.raises(Malformed) as refused:
        check_answer(read_schema(BRANCHING), ITEM, answer)
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("question", "item", "value"),
    [
        (SPANS, {"text": 7}, []),
        (q("rating", **PER), {"talk": "hello"}, {"1": 1}),
        (q("rating", **PER), {"talk": [{"role": "narrator", "content": ""}]}, {"0": 1}),
        (q("preference"), {"responses": ["only one"]}, {"better": "A"}),
        (q("preference"), {"responses": ["a", "b", "c"]}, {"better": "A"}),
        (q("ranking"), {}, [["A"]]),
    ],
)
def test_an_item_that_does_not_fit_is_not_answered(
    question: dict[str, Any], item: dict[str, Any], value: Any
) -> None:
    read = read_schema(schema(question, of=("responses",)))
    with pytest.raises(Malformed, match="cannot be answered") as refused:
        check_answer(read, item, {"q": value})
    assert refused.value.where == "q"


def test_a_required_question_about_messages_that_are_not_there_is_never_asked() -> None:
    read = read_schema(schema(q("rating", per={"messages": "talk", "roles": ["tool"]}), q("text", "t")))
    assert check_answer(read, ITEM, {"t": "x"}) == check_answer(read, ITEM, {"t": "x", "q": {}}) == {"t": "x"}


def test_the_item_is_needed_exactly_where_its_inside_decides() -> None:
    needs = {
        name: read_schema(schema(question, of=of)).needs_item
        for name, question, of in [
            ("choice", q("choice", options=OPTIONS), ("x", "y")),
            ("pair", q("preference"), ("x", "y")),
            ("each candidate", q("rating", per="candidates"), ("x", "y")),
            ("list", q("preference"), ("responses",)),
            ("spans", SPANS, ("x", "y")),
            ("messages", q("rating", **PER), ("x", "y")),
        ]
    }
    assert needs == {
        "choice": False, "pair": False, "each candidate": False, "list": True, "spans": True, "messages": True,
    }  # fmt: skip
    with pytest.raises(TypeError):
        check_answer(read_schema(schema(SPANS)), None, {"q": []})


def test_a_schema_that_was_stored_before_keys_were_reserved_stays_readable() -> None:
    old = (
        b'{"version":1,"item":{"text":"text"},"questions":[{"id":"q","type":"choice","text":"?",'
        b'"options":[{"id":"a","text":"A","key":"u"},{"id":"b","text":"B","key":"2"},{"id":"c","text":"C","key":""}],'
        b'"required":true}]}'
    )
    (question,) = decode_schema(old).questions
    assert [option["key"] for option in question.details()["options"]] == ["1", "2", "3"]


def test_an_answer_of_the_older_form_is_read_as_one() -> None:
    assert decode_answer(b'{"answer":"yes"}').answer == {"answer": "yes"}
    assert decode_answer(b'{"mood":"glad","shown":"x"}').answer == {"mood": "glad", "shown": "x"}
    assert decode_answer(encode_answer({"answer": "yes"}, ("x", "y"))).shown == ("x", "y")


def test_candidates_without_a_seed_have_no_order() -> None:
    read = decode_schema(encode_schema(read_schema(schema(q("preference")))))
    with pytest.raises(Unreadable):
        shown_order(read, ("x", "y"), task_id=UUID(int=1), labeler_id=UUID(int=2))
