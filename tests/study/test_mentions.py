"""A name is found however a file spells it, and not in other words."""

import json
from html import escape
from urllib.parse import quote

import pytest
from facetally.study.mentions import mention_of


@pytest.mark.parametrize(
    "text",
    [
        "Ms Ahlérs", "ms  AHLÉRS", "Ms Ahle\u0301rs", '"Ms\tAhlérs"', "a\nMs Ahlérs.", "x_Ms Ahlérs_2",
        json.dumps(["a\nMs Ahlérs\n"]), json.dumps("a\nMs Ahlérs", ensure_ascii=False),
        quote("Ms Ahlérs"), quote("a:Ms Ahlérs/", safe=""),
    ],
)  # fmt: skip
def test_names_are_found(text: str) -> None:
    assert mention_of("Ms Ahlérs").search(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Al", "label, alike, Ali, al1"),
        ("person_2", "person_21 person_1"),
        ("Ms Ahlers", "Ms Ahlersen, Mms Ahlers, Ahlers"),
        ("a.b", "acb"),
    ],
)
def test_other_words_are_not(name: str, text: str) -> None:
    assert not mention_of(name).search(text)


def test_signs_of_html_and_patterns_are_found() -> None:
    for name in ('Ann "O" <x> & co', "D'Arcy", "[Ann] (guest)*"):
        for text in (name, escape(name), json.dumps(name), quote(name)):
            assert mention_of(name).search(f"|{text}|"), text


def test_case_and_spaces_may_differ_in_what_is_escaped() -> None:
    for text in ("Ms Ählers", "MS ÄHLERS", "ms\u00a0ählers"):
        for escaped in (json.dumps(text), json.dumps([json.dumps(text)]), quote(text)):
            assert mention_of("ms ählers").search(escaped), escaped
    assert mention_of("Ms Ahlers").search("<p>Ms&nbsp;Ahlers</p>")


def test_a_name_may_be_typed_as_it_was_copied() -> None:
    assert mention_of("\u200bMs\u00a0 Ahle\u0301rs\ufeff").fullmatch("ms ahlérs")
