"""What several tellers said about one query, made into its stages: examples worked by hand, and what always holds."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmaudit.replay import attributes as names
from llmaudit.replay.span import Span, Status, Value
from llmaudit.replay.telemetry.piece import REQUEST, WRITTEN, Candidate, Piece, settled

MS = 1_000_000


def piece(
    span_id: int, stage: str, start: int, end: int, parent: int | None = None, teller: str = "langchain",
    *, maybe: tuple[Candidate, ...] = (), status: Status = Status.OK, **told: Value,
) -> Piece:  # fmt: skip
    attributes = {name.replace("__", "."): value for name, value in told.items()}
    return Piece(Span(span_id, parent, stage, stage, start * MS, end * MS, status, None, attributes), teller, maybe)


def shape(*pieces: Piece) -> list[tuple[int, int | None, str, int, int]]:
    return [
        (span.span_id, span.parent_id, span.stage, span.start_ns // MS, span.end_ns // MS) for span in settled(pieces)
    ]


def far(*span_ids: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(span_id, near=False) for span_id in span_ids)


def near(*span_ids: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(span_id, near=True) for span_id in span_ids)


def test_a_shell_is_no_stage() -> None:
    told = [piece(1, "", 0, 9), piece(2, "", 1, 8, 1), piece(3, "retrieval", 2, 5, 2), piece(4, "generation", 5, 8, 1)]
    assert shape(*told) == [(3, None, "retrieval", 2, 5), (4, None, "generation", 5, 8)]


def test_one_call_told_three_times_is_one_from_its_first_start_to_its_last_end() -> None:
    """The framework ends its span at once, the client at the headers, the request at its last byte."""
    told = [
        piece(1, "generation", 0, 2, gen_ai__usage__output_tokens=7),
        piece(2, "generation", 1, 5, teller="openai", maybe=near(1), gen_ai__request__model="large"),
        piece(3, "generation", 1, 90, teller=REQUEST, maybe=near(2, 1), gen_ai__usage__output_tokens=8),
        piece(4, "network", 1, 3, 3, WRITTEN),
    ]
    assert shape(*told) == [(1, None, "generation", 0, 90), (4, 1, "network", 1, 3)]
    (generation, _) = settled(told)
    assert generation.attributes == {names.OUTPUT_TOKENS: 8, names.MODEL: "large"}


def test_the_requests_of_one_call_add_up() -> None:
    """A long text embedded in two requests, one of them on a new connection; the author's own count stands."""
    first: dict[str, Any] = {
        "llmaudit__requests": 1,
        "llmaudit__connection_reused": False,
        "gen_ai__usage__input_tokens": 5,
    }
    second: dict[str, Any] = {
        "llmaudit__requests": 1,
        "llmaudit__connection_reused": True,
        "gen_ai__usage__input_tokens": 7,
    }

    def told(teller: str, **known: Any) -> dict[str, Value]:
        return dict(
            settled(
                [
                    piece(1, "embedding", 0, 9, teller=teller, **known),
                    piece(2, "embedding", 1, 4, 1, REQUEST, **first),
                    piece(3, "embedding", 4, 8, 1, REQUEST, **second),
                ]
            )[0].attributes
        )

    assert told("openai") == {names.REQUESTS: 2, names.CONNECTION_REUSED: False, names.INPUT_TOKENS: 12}
    assert told("openai", gen_ai__usage__input_tokens=99)[names.INPUT_TOKENS] == 12
    assert told(WRITTEN, gen_ai__usage__input_tokens=99) == {
        names.REQUESTS: 2, names.CONNECTION_REUSED: False, names.INPUT_TOKENS: 99,
    }  # fmt: skip


def test_the_first_token_counts_from_the_start_of_the_whole() -> None:
    told = [
        piece(1, "generation", 0, 90),
        piece(2, "generation", 30, 90, teller=REQUEST, maybe=near(1), llmaudit__time_to_first_token_seconds=0.02),
    ]
    assert settled(told)[0].attributes == {names.FIRST_TOKEN_SECONDS: 0.05}


def test_the_embedding_of_a_search_lies_in_it_and_a_model_called_beside_it_does_not() -> None:
    told = [
        piece(1, "retrieval", 0, 50),
        piece(2, "embedding", 1, 20, teller=REQUEST, maybe=far(1)),
        piece(3, "generation", 2, 80, teller=REQUEST, maybe=far(1)),
        piece(4, "generation", 21, 40, teller=REQUEST, maybe=near(1)),
    ]
    assert shape(*told) == [
        (1, None, "retrieval", 0, 50),
        (2, 1, "embedding", 1, 20),
        (3, None, "generation", 2, 80),
        (4, 1, "generation", 21, 40),
    ]


def test_of_two_searches_side_by_side_each_gets_one_embedding() -> None:
    told = [
        piece(1, "retrieval", 0, 50),
        piece(2, "retrieval", 1, 50),
        piece(3, "embedding", 2, 20, teller=REQUEST, maybe=far(2, 1)),
        piece(4, "embedding", 3, 21, teller=REQUEST, maybe=far(2, 1)),
        piece(5, "embedding", 22, 30, teller=REQUEST, maybe=far(2, 1)),
    ]
    assert [row[:2] for row in shape(*told)] == [(1, None), (2, None), (3, 2), (4, 1), (5, 2)]


def test_the_statement_of_a_search_is_the_search() -> None:
    told = [
        piece(1, "retrieval", 0, 50),
        piece(2, "database", 10, 40, 1, "psycopg"),
        piece(3, "http", 5, 9, 1, REQUEST),
    ]
    assert shape(*told) == [(1, None, "retrieval", 0, 50)]


def test_a_method_that_calls_another_is_one_call_however_early_it_returned() -> None:
    """Each hands on a generator and ends; the request goes on to 90."""
    told = [
        piece(1, "generation", 0, 2),
        piece(2, "generation", 0, 2, 1),
        piece(3, "generation", 1, 2, 2),
        piece(4, "generation", 1, 90, teller=REQUEST, maybe=near(3, 2, 1)),
    ]
    assert shape(*told) == [(1, None, "generation", 0, 90)]


def test_several_searches_inside_one_stay_apart_and_it_lasts_as_long_as_they() -> None:
    told = [piece(1, "retrieval", 0, 50), piece(2, "retrieval", 10, 40, 1), piece(3, "retrieval", 10, 60, 1)]
    assert shape(*told) == [
        (1, None, "retrieval", 0, 60), (2, 1, "retrieval", 10, 40), (3, 1, "retrieval", 10, 60),
    ]  # fmt: skip


def test_what_is_written_by_hand_is_not_told_again() -> None:
    told = [
        piece(1, "generation", 0, 50, teller=WRITTEN),
        piece(2, "generation", 10, 60, 1, "openai"),
        piece(3, "rewriting", 60, 90, teller=WRITTEN),
        piece(4, "generation", 61, 89, 3, "openai"),
    ]
    assert shape(*told) == [
        (1, None, "generation", 0, 60), (3, None, "rewriting", 60, 90), (4, 3, "generation", 61, 89),
    ]  # fmt: skip


def test_a_stage_written_inside_instrumented_work_lies_in_the_shortest_around_it() -> None:
    told = [
        piece(1, "tool", 0, 100), piece(2, "retrieval", 10, 90, 1), piece(3, "retrieval", 10, 95),
        piece(4, "rerank", 20, 80, teller=WRITTEN),
    ]  # fmt: skip
    assert (4, 3, "rerank", 20, 80) in shape(*told)


def test_an_error_of_the_request_is_one_of_the_call_only_if_the_call_failed() -> None:
    """A client that tries again elsewhere has not failed."""
    request = piece(2, "generation", 0, 5, 1, REQUEST, status=Status.ERROR)
    request = replace(request, span=replace(request.span, error_type="503"))
    assert settled([piece(1, "generation", 0, 9), request])[0].status is Status.OK
    failed = settled([piece(1, "generation", 0, 9, status=Status.ERROR), request])[0]
    assert (failed.status, failed.error_type) == (Status.ERROR, "503")


@st.composite
def told(draw: st.DrawFn) -> list[Piece]:
    """Any pieces: parents are told or guessed among those that began before, stages and tellers are any."""
    found: list[Piece] = []
    for span_id in range(1, draw(st.integers(1, 9))):
        start = draw(st.integers(0, 20))
        before = [each.span.span_id for each in found]
        parent = draw(st.sampled_from([None, *before]))
        maybe = tuple(
            Candidate(each, draw(st.booleans())) for each in draw(st.lists(st.sampled_from(before), max_size=3))
        ) if before else ()  # fmt: skip
        stage = draw(st.sampled_from(["", "retrieval", "embedding", "generation", "http", "network", "database"]))
        teller = draw(st.sampled_from([WRITTEN, REQUEST, "langchain", "openai"]))
        end = start + draw(st.integers(0, 20))
        found.append(
            piece(span_id, stage or ("" if teller != WRITTEN else "x"), start, end, parent, teller, maybe=maybe)
        )
    return found


@given(told())
def test_nothing_is_lost_and_every_parent_is_there(pieces: list[Piece]) -> None:
    """Merged work is covered by what it was merged into; written work stays as it was; there is no circle."""
    spans = {span.span_id: span for span in settled(pieces)}
    for each in pieces:
        span = each.span
        if span.stage:
            assert any(kept.start_ns <= span.start_ns and span.end_ns <= kept.end_ns for kept in spans.values())
        if each.teller == WRITTEN:
            assert spans[span.span_id].stage == span.stage
    assert set(spans) <= {each.span.span_id for each in pieces}
    for span in spans.values():
        seen = set()
        parent = span.parent_id
        while parent is not None:
            assert parent in spans
            assert parent not in seen
            seen.add(parent)
            parent = spans[parent].parent_id
