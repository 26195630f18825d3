"""A rule as texts in a form: every key has its place, and what is typed is what is written."""

import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pytest

from monitor.rule_checks import KEYS
from monitor.rule_form import MEANING, choices_of, default_of, keys_of, shared_out, text_of, values_of
from monitor.settings import RuleSettings


def test_every_key_of_a_rule_has_a_field() -> None:
    assert set(MEANING) == set(RuleSettings.__struct_encode_fields__)
    assert set().union(*KEYS.values()) <= set(MEANING)


@pytest.mark.parametrize("kind", KEYS)
def test_a_form_has_the_keys_that_mean_something_to_its_kind(kind: str) -> None:
    assert set(keys_of(kind)) == KEYS[kind] | {"id", "kind"}


def test_a_kind_that_there_is_not_has_a_form_all_the_same() -> None:
    assert keys_of("sudden") == ["id", "kind"]


def test_few_words_are_offered_and_defaults_are_told() -> None:
    assert choices_of("direction") == ("up", "down", "both")
    assert "price_cross" in choices_of("kind")
    assert choices_of("threshold") == ()
    assert [default_of(key) for key in ("id", "threshold", "sinks", "length")] == ["", "", "*", "3"]
    assert default_of("clear") == "0.8 of the threshold"


@pytest.mark.parametrize(
    ("key", "kind", "text", "value"),
    [
        ("threshold", "price_cross", " 131.00 ", "131.00"),
        ("steps", "pct_prev_close", "10, 15 ,", ["10", "15"]),
        ("symbols", "pct_prev_close", "@hstech, AAPL", ["@hstech", "AAPL"]),
        ("any", "headline", "可換股債券, placing", ["可換股債券", "placing"]),
        ("length", "streak", "7", 7),
        ("length", "streak", "seven", "seven"),
        ("expires", "price_cross", "2026-12-31", date(2026, 12, 31)),
        ("expires", "price_cross", "2026-12-31T08:00Z", datetime(2026, 12, 31, 8, tzinfo=UTC)),
        ("expires", "price_cross", "soon", "soon"),
    ],
)
def test_what_is_typed_is_what_is_written(key: str, kind: str, text: str, value: Any) -> None:
    assert values_of({"id": "a", "kind": kind, key: text}, {}) == {"id": "a", "kind": kind, key: value}


def test_what_was_not_touched_stays_as_it_was_written() -> None:
    written = tomllib.loads('id = "a"\nkind = "pct_prev_close"\nthreshold = 5\nsteps = [10, 15.5]\n')
    texts = {key: text_of(written.get(key)) for key in MEANING}
    assert values_of(texts, written) == written
    assert type(values_of(texts, written)["threshold"]) is int
    assert values_of({**texts, "threshold": "6"}, written)["threshold"] == "6"
    assert "steps" not in values_of({**texts, "steps": ""}, written)


def test_what_means_nothing_to_the_kind_is_left_out() -> None:
    assert values_of({"id": "a", "kind": "streak", "threshold": "5"}, {}) == {"id": "a", "kind": "streak"}


def test_each_problem_finds_its_field() -> None:
    keys = keys_of("pct_prev_close")
    problems = [
        "rule 'a': threshold and steps are percentages from 0.001 to 100000",
        "rule[2].direction: 'sideways' is not one of up, down, both",
        "rule 'a': no sink 'dsek'; did you mean 'desk'?",
        "rule 'other': clear lies from 0 to below the threshold",
        "display.fps: 90 is not from 1 to 30",
    ]
    assert shared_out(problems, 2, "a", keys) == {
        "threshold": "threshold and steps are percentages from 0.001 to 100000",
        "direction": "direction: 'sideways' is not one of up, down, both",
        "sinks": "no sink 'dsek'; did you mean 'desk'?",
        "": "rule 'other': clear lies from 0 to below the threshold",
    }
