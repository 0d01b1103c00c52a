"""Documents to search, from JSON lines: `{"id": "…", "text": "…"}`."""

from importlib import resources
from pathlib import Path
from typing import Any

from llmaudit.errors import Location, NothingMeasured, ReadError
from llmaudit.replay import json_lines
from llmaudit.replay.pipeline.part import Document

_HINT = 'a line is an object such as {"id": "refunds", "text": "Refunds are paid within …"}'


def sample(name: str) -> Path:
    """A file of the sample: packed into the package, or in `sample_logs/rag/` of a checkout."""
    packed = Path(str(resources.files("llmaudit"))) / "sample_rag" / name
    return packed if packed.exists() else Path(__file__).resolve().parents[3] / "sample_logs" / "rag" / name


def path_of(given: Path | None, folder: Path) -> Path:
    """The file of documents that a pipeline names, beside its own file; the sample where it names none."""
    return sample("corpus.jsonl") if given is None else folder / given


def read(path: Path) -> list[Document]:
    """The documents of a file. Raises ReadError with file and line, NothingMeasured for a file without any."""
    documents = [_document(said, at) for at, said in json_lines.read(path, _HINT)]
    if not documents:
        raise NothingMeasured(f"{path}: there is no document in it", hint=_HINT)
    return documents


def _document(said: dict[str, Any], at: Location) -> Document:
    text = said.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ReadError("has no text", at=at, hint=_HINT)
    return Document(str(said.get("id", f"line {at.line}")), text)
