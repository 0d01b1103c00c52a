"""Messages agree with their numbers, and know the word that was meant."""

from llmaudit.words import count, counted, did_you_mean, nearest


def test_a_number_and_what_it_counts() -> None:
    assert [count(number, "call") for number in (0, 1, 2, 1_000)] == ["0 calls", "1 call", "2 calls", "1,000 calls"]
    assert [counted(number, "call stays", "calls stay") for number in (1, 2)] == ["1 call stays", "2 calls stay"]


def test_the_word_that_was_meant() -> None:
    assert nearest("modle", ["model", "feature"]) == "model"
    assert nearest("modle", ["feature"]) is None
    assert did_you_mean("modle", ["model"], otherwise="one of: model") == "did you mean model?"
    assert did_you_mean("xyz", ["model"], otherwise="one of: model") == "one of: model"
