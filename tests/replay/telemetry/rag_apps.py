"""One small RAG application twice: with the stages written by hand, and as LangChain has it, instrumented or not.

Both embed the question and generate over HTTP at `server.url`, search in memory and answer in a stream.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import openai
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from llmaudit.replay import stage
from tests.services.openai_server import OpenAIServer

TEXTS = ("the red fox", "a blue hen", "green tea in the morning")
PROMPT = "Context: {context} Question: {question}"


def by_hand(server: OpenAIServer) -> Callable[[str], Iterator[str]]:
    """The application without a framework, its stages written down."""
    client = openai.OpenAI(base_url=server.url, api_key="none", max_retries=0)
    vectors = [each.embedding for each in client.embeddings.create(model="embed", input=list(TEXTS)).data]

    def search(question: str) -> str:
        with stage("retrieval"):
            with stage("embedding"):
                asked = client.embeddings.create(model="embed", input=question).data[0].embedding
            scores = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
            return TEXTS[scores.index(max(scores))]

    def answer(question: str) -> Iterator[str]:
        prompt = PROMPT.format(context=search(question), question=question)
        with stage("generation"):
            stream = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": prompt}],
                stream=True,
                stream_options={"include_usage": True},
            )
            for chunk in stream:
                if chunk.choices:
                    yield chunk.choices[0].delta.content or ""

    return answer


def chain(server: OpenAIServer) -> "Runnable[str, str]":
    """The application in LangChain, which says nothing about its stages itself."""
    embeddings = OpenAIEmbeddings(
        model="embed", base_url=server.url, api_key="none", check_embedding_ctx_length=False, max_retries=0
    )  # type: ignore[call-arg]
    store = InMemoryVectorStore(embeddings)
    store.add_documents([Document(text) for text in TEXTS])
    model = ChatOpenAI(model="gpt-4o-mini", base_url=server.url, api_key="none", stream_usage=True, max_retries=0)
    sources: dict[str, Any] = {"context": store.as_retriever(), "question": RunnablePassthrough()}
    return sources | ChatPromptTemplate.from_template(PROMPT) | model | StrOutputParser()


def invoked(server: OpenAIServer) -> Callable[[str], str]:
    return chain(server).invoke


def streamed(server: OpenAIServer) -> Callable[[str], Iterator[str]]:
    return chain(server).stream


def invoked_async(server: OpenAIServer) -> Callable[[str], Any]:
    made = chain(server)

    async def answer(question: str) -> str:
        return await made.ainvoke(question)

    return answer


def streamed_async(server: OpenAIServer) -> Callable[[str], AsyncIterator[str]]:
    made = chain(server)

    async def answer(question: str) -> AsyncIterator[str]:
        async for piece in made.astream(question):
            yield piece

    return answer
