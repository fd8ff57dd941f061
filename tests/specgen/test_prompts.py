"""Questions, and how the answers to them are told apart."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.document import Case, Place
from fleet.specgen.openai.contents import Contents
from fleet.specgen.openai.divide import portions
from fleet.specgen.openai.plan import ModelPlan
from fleet.specgen.openai.prices import prices_of
from fleet.specgen.openai.request import request_for
from fleet.specgen.prompts import classify, describe, material, summarise
from fleet.specgen.prompts.material import identity_of, key_of, numbered
from fleet.specgen.prompts.sift import sift
from fleet.specgen.prompts.version import PROMPT_VERSION
from tests.specgen.inventories import SHOP, File, Written, cases_of

# What the prompts of each version were. Answers to other words are other answers: raise PROMPT_VERSION, and add a line.
WORDING = {"1": "f7930ec4d4941fe2"}
PLAN = ModelPlan(url="http://localhost", key=None, classify="sorter", describe="teller")


def test_a_change_of_the_prompts_is_a_new_version() -> None:
    cases = numbered(cases_of(SHOP))
    questions = [
        classify.question(cases, {}, {"Shop": ["Cart"]}, project="shop", language="en"),
        describe.question(cases, {}, Place("Shop", "Cart"), language="en"),
        summarise.question(summarise.contents_of([]), b"k", project="shop", tests=4, language="en"),
    ]
    wording = hashlib.sha256(b"".join(request_for(question, PLAN).body for question in questions))

    assert WORDING[PROMPT_VERSION] == wording.hexdigest()[:16]


def test_a_test_is_known_by_what_is_around_it_and_not_by_its_number() -> None:
    case = cases_of(SHOP)[2]
    moved = msgspec.structs.replace(case, file=9, test=9, line=9, status="todo")
    others = [
        msgspec.structs.replace(case, **change)
        for change in ({"path": "a"}, {"name": "a"}, {"suites": ()}, {"suites": ("TestLogin", "inner")})
    ]

    assert identity_of(case) == identity_of(moved)
    assert len({tuple(identity_of(one)) for one in (case, *others)}) == 5


@given(st.lists(st.tuples(st.text(max_size=2), st.lists(st.text(max_size=2), max_size=2)), min_size=2, max_size=2))
def test_no_two_tests_share_a_key(pair: list[tuple[str, list[str]]]) -> None:
    keys = {key_of("classify", "m", "en", (path, *rest)) for path, rest in pair}

    assert (len(keys) == 1) == (pair[0] == pair[1])


def test_a_key_is_of_one_task_model_and_language() -> None:
    keys = {
        key_of(*parts, ("a.py", "test"))
        for parts in (
            ("classify", "m", "en"),
            ("describe", "m", "en"),
            ("classify", "n", "en"),
            ("classify", "m", "fr"),
        )
    }

    assert len(keys) == 4


def test_a_request_reserves_more_than_it_can_take() -> None:
    cases = numbered(cases_of(SHOP))
    question = classify.question(cases, dict.fromkeys(cases, b"k"), {}, project="shop", language="en")

    request = request_for(question, PLAN)

    assert request.most_in > len(request.body)
    assert request.most_out == msgspec.json.decode(request.body)["max_completion_tokens"]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_limit_of_an_answer_has_the_name_that_the_endpoint_knows(name: str) -> None:
    question = summarise.question([], b"k", project="shop", tests=4, language="en")
    plan = msgspec.structs.replace(PLAN, output_limit=name, reasoning="low")

    body = msgspec.json.decode(request_for(question, plan).body)

    assert [key for key in body if key.startswith("max_")] == [name]
    assert body["reasoning_effort"] == "low"


def test_long_names_are_cut_and_much_text_is_divided() -> None:
    cases = cases_of([File("a.py", tuple(Written(f"{number}" * 30_000) for number in range(400)))])

    parts = list(portions([(b"k", case) for case in cases], 500))
    shown = material.files_of(numbered(cases))

    assert [len(part) for part in parts] == [197, 197, 6]
    assert {len(test["name"]) for test in shown[0]["tests"]} == {300}


@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")))
def test_whatever_a_model_says_nothing_but_clean_answers_to_the_question_come_of_it(said: str) -> None:
    cases: dict[int, Case] = numbered(cases_of(SHOP))
    question = classify.question(cases, {number: bytes([number]) for number in cases}, {}, project="s", language="e")
    answer = msgspec.json.encode({"features": [{"domain": said, "feature": "x", "tests": [1, 7]}]}).decode()

    assert sift(question, said) == {}
    for words in sift(question, answer).values():
        assert all(word.isprintable() or "\u200c" in word or "\u200d" in word for word in words)
    assert set(sift(question, answer)) <= {b"\x01"}


def test_prices_are_read_by_model() -> None:
    prices = prices_of("small=0.15/0.60,org/large:70b=2.50/10")

    assert str(prices["org/large:70b"].of(1_000_000, 100_000)) == "3.50"
    assert set(prices) == {"small", "org/large:70b"}


def test_of_a_long_table_of_contents_each_domain_is_shown_with_its_share_of_features() -> None:
    contents = Contents()
    for domain in range(80):
        for feature in range(200):
            contents.place((f"Domain number {domain}", f"Feature number {feature} of {domain}"))

    shown = contents.shown()

    assert len(shown) == 80
    assert min(len(features) for features in shown.values()) >= 4
    assert sum(len(name) for names in shown.items() for name in (names[0], *names[1])) <= 12_000
