"""The parts that need nobody else: what they give, and what they say about their work."""

import asyncio
import json
import math
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.errors import ConfigError, LlmauditError, NothingMeasured, ReadError, ReplayError
from llmaudit.replay import attributes
from llmaudit.replay.clock import MonotonicClock
from llmaudit.replay.pipeline import Pipeline, Plan, built_in, corpus, opened
from llmaudit.replay.pipeline.budget import Budget
from llmaudit.replay.pipeline.embed_hashing import HashingEmbedder
from llmaudit.replay.pipeline.generate_extractive import ExtractiveGenerator
from llmaudit.replay.pipeline.part import Document
from llmaudit.replay.queries import Query
from llmaudit.replay.span import Status
from tests.replay.pipeline.conftest import Asked

Written = Callable[..., Plan]
EMBEDDER = HashingEmbedder(64)


def _cosine(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(EMBEDDER.vector(one), EMBEDDER.vector(other), strict=True))


def test_texts_that_share_words_are_near_and_others_are_not() -> None:
    question = "How do I rotate an API key?"
    assert _cosine(question, question) == pytest.approx(1)
    assert _cosine(question, "Rotate an API key under Developers, Keys.") > 0.3
    assert _cosine(question, "rotate the api KEY") == pytest.approx(_cosine(question, "Rotate, the: API-key"))
    assert abs(_cosine(question, "Parcels cross borders slowly.")) < 0.3


def test_a_vector_is_always_the_same_and_has_length_one() -> None:
    # The hash of "a" begins with the byte 0x40 = 0b01000000: bit 0 gives the sign, bits 1 to 6 the place.
    assert {place: value for place, value in enumerate(EMBEDDER.vector("a")) if value} == {0b100000: -1.0}
    assert EMBEDDER.vector("") == [0.0] * 64


@given(st.text(max_size=60))
def test_every_vector_has_length_one_or_none(text: str) -> None:
    length = math.sqrt(sum(value**2 for value in EMBEDDER.vector(text)))
    assert length == pytest.approx(1) or length == 0


def test_the_nearest_documents_are_those_that_looking_at_all_finds(tmp_path: Path, plan: Written) -> None:
    documents = corpus.read(corpus.sample("corpus.jsonl"))
    embedder = HashingEmbedder(256)
    question = "What does customs declaration cost?"
    asked = embedder.vector(question)

    def similarity(document: Document) -> float:
        return sum(a * b for a, b in zip(asked, embedder.vector(document.text), strict=True))

    best = sorted(documents, key=lambda document: -similarity(document))[:5]
    with_five = plan(retrieve="{kind: duckdb, top_k: 5}")

    async def found() -> list[Document]:
        async with opened(with_five, MonotonicClock(), Budget()) as pipeline:
            return await pipeline.retriever.retrieve(Query("q", question), asked)

    assert [document.document_id for document in asyncio.run(found())] == [each.document_id for each in best]
    assert any(each.document_id.startswith("customs declaration") for each in best)


def test_bm25_puts_the_document_with_the_rare_word_first(plan: Written) -> None:
    documents = [
        Document("common", "the parcel and the depot and the parcel"),
        Document("none", "weather report"),
        Document("rare", "the parcel with the tariff code"),
        Document("tie", "weather report"),
    ]

    async def best(count: int) -> list[str]:
        async with opened(plan(rerank=f"{{kind: bm25, top_n: {count}}}"), MonotonicClock(), Budget()) as pipeline:
            assert pipeline.reranker is not None
            found = await pipeline.reranker.rerank("tariff of a parcel", documents)
            assert await pipeline.reranker.rerank("tariff", []) == []
            return [document.document_id for document in found]

    assert asyncio.run(best(2)) == ["rare", "common"]
    assert asyncio.run(best(9)) == ["rare", "common", "none", "tie"]


def test_the_stand_in_answers_from_the_documents() -> None:
    documents = [
        Document("1", "Open Billing. Pick one. It takes seven days."),
        Document("2", "Nothing here. An invoice may be disputed within sixty days."),
    ]
    generator = ExtractiveGenerator(2)
    answer = asyncio.run(generator.generate("How many days does it take to dispute an invoice", documents))
    assert answer == "It takes seven days. An invoice may be disputed within sixty days."
    assert asyncio.run(generator.generate("anything", [])) == ""


def test_the_built_in_pipeline_times_every_stage_and_says_what_it_is(asked: Asked) -> None:
    run = asked()
    (query,) = run.queries
    assert [(span.stage, span.status) for span in query.spans] == [
        ("embedding", Status.OK), ("retrieval", Status.OK), ("rerank", Status.OK), ("generation", Status.OK),
    ]  # fmt: skip
    told = {span.stage: span.attributes for span in query.spans}
    assert told["retrieval"][attributes.DOCUMENTS] == told["retrieval"][attributes.DOCUMENTS_WANTED] == 10
    assert (told["rerank"][attributes.DOCUMENTS], told["generation"][attributes.DOCUMENTS]) == (10, 3)
    assert told["embedding"][attributes.LOCAL] is True
    assert run.facts[attributes.PIPELINE] == "embed hashing, retrieve duckdb, rerank bm25, generate extractive"
    assert run.facts[attributes.STAND_INS] == "embedding, generation"


def test_repeated_questions_are_told_by_their_hash_alone(asked: Asked) -> None:
    run = asked(built_in(), ["where is it", "where is it ", "when"])
    hashes = [query.spans[0].attributes[attributes.INPUT_HASH] for query in run.queries]
    assert hashes[0] == hashes[1] != hashes[2]
    assert "where" not in repr(run)


def test_without_a_rerank_there_is_no_such_stage(asked: Asked, plan: Written) -> None:
    for described in (plan(), plan(rerank="{kind: none}")):
        assert [span.stage for span in asked(described).queries[0].spans] == ["embedding", "retrieval", "generation"]


def test_an_own_corpus_is_read_beside_the_file(tmp_path: Path, asked: Asked, plan: Written) -> None:
    (tmp_path / "mine.jsonl").write_text(json.dumps({"id": 1, "text": "All about parcels"}))
    (query,) = asked(plan(retrieve="{kind: duckdb, corpus: mine.jsonl}")).queries
    assert query.spans[1].attributes[attributes.DOCUMENTS] == 1


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", NothingMeasured, "there is no document in it"),
        ("[]", ReadError, r"mine\.jsonl:1: is not a JSON object"),
        ('{"text": 3}', ReadError, r"mine\.jsonl:1: has no text"),
        ('{"text": "a"}\n{', ReadError, r"mine\.jsonl:2: not JSON"),
    ],
)
def test_a_corpus_that_is_none(
    tmp_path: Path, asked: Asked, plan: Written, text: str, kind: type[LlmauditError], message: str
) -> None:
    (tmp_path / "mine.jsonl").write_text(text)
    with pytest.raises(kind, match=message):
        asked(plan(retrieve="{kind: duckdb, corpus: mine.jsonl}"))


@pytest.mark.parametrize("slot", ["embed: local", "rerank: cross_encoder"])
def test_a_library_that_is_not_installed_is_named_with_its_command(
    asked: Asked, plan: Written, slot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    name, kind = slot.split(": ")
    with pytest.raises(ReplayError, match="sentence-transformers") as caught:
        asked(plan(**{name: f"{{kind: {kind}, model: all-MiniLM-L6-v2}}"}))
    assert caught.value.hint == "pip install sentence-transformers"


class Library(types.ModuleType):
    """What sentence-transformers 6.2 offers of what is used here: PyTorch is too large to bring along for two calls."""

    class SentenceTransformer:
        def __init__(self, model_name_or_path: str) -> None:
            if model_name_or_path != "tiny":
                raise OSError(f"{model_name_or_path} is not a local folder and is not a valid model identifier")

        def encode(self, inputs: str, *, show_progress_bar: bool) -> numpy.ndarray[Any, Any]:
            return numpy.array([len(inputs), inputs.count("a")], dtype=numpy.float32)

    class CrossEncoder(SentenceTransformer):
        def predict(self, inputs: list[tuple[str, str]], *, show_progress_bar: bool) -> numpy.ndarray[Any, Any]:
            return numpy.array([text.count(question) for question, text in inputs], dtype=numpy.float32)


def test_local_models_embed_and_rerank(
    asked: Asked, plan: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", Library("sentence_transformers"))
    (tmp_path / "c.jsonl").write_text('{"id": 1, "text": "none"}\n{"id": 2, "text": "b"}\n{"id": 3, "text": "b b"}\n')
    slots = {"embed": "{kind: local, model: tiny}", "retrieve": "{kind: duckdb, corpus: c.jsonl}"}
    local = plan(**slots, rerank="{kind: cross_encoder, model: tiny, top_n: 2}")
    (query,) = asked(local, ["b"]).queries
    assert [(span.stage, span.attributes.get(attributes.MODEL)) for span in query.spans[:3]] == [
        ("embedding", "tiny"), ("retrieval", None), ("rerank", "tiny"),
    ]  # fmt: skip

    async def best() -> list[str]:
        async with opened(local, MonotonicClock(), Budget()) as pipeline:
            assert pipeline.reranker is not None
            documents = corpus.read(tmp_path / "c.jsonl")
            return [document.document_id for document in await pipeline.reranker.rerank("b", documents)]

    assert asyncio.run(best()) == ["3", "2"]
    with pytest.raises(ReplayError, match="the model large cannot be loaded: large is not a local folder"):
        asked(plan(**{**slots, "embed": "{kind: local, model: large}"}))


def test_a_secret_is_named_and_never_written(plan: Written, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"embed\.key: a secret is named here and not written") as caught:
        plan(embed="{kind: openai, model: m, key: sk-proj-verysecret}")
    assert "verysecret" not in str(caught.value)
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(ConfigError, match="key: the environment variable NO_SUCH_KEY is not set"):
        asked(plan(embed="{kind: openai, model: m, key: 'env:NO_SUCH_KEY'}"))


def test_vectors_that_do_not_fit_what_is_searched_end_the_run(plan: Written) -> None:
    async def mismatched() -> None:
        async with (
            opened(plan(), MonotonicClock(), Budget()) as one,
            opened(plan(embed="{kind: hashing, dimensions: 64}"), MonotonicClock(), Budget()) as other,
        ):
            mixed = Pipeline(one.plan, other.embedder, one.retriever, None, one.generator, one.service, one.budget)
            await mixed.answer(Query("q", "a"))

    with pytest.raises(ReplayError, match="gives 64 dimensions, and what is searched has 256"):
        asyncio.run(mismatched())
