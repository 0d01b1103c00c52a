"""Documents to search, from JSON lines: `{"id": "…", "text": "…"}`."""

import json
from importlib import resources
from pathlib import Path

from llmaudit.errors import Location, NothingMeasured, ReadError
from llmaudit.replay.pipeline.part import Document


def sample(name: str) -> Path:
    """A file of the sample: packed into the package, or in `sample_logs/rag/` of a checkout."""
    packed = Path(str(resources.files("llmaudit"))) / "sample_rag" / name
    return packed if packed.exists() else Path(__file__).resolve().parents[3] / "sample_logs" / "rag" / name


def path_of(given: Path | None, folder: Path) -> Path:
    """The file of documents that a pipeline names, beside its own file; the sample where it names none."""
    return sample("corpus.jsonl") if given is None else folder / given


def read(path: Path) -> list[Document]:
    """The documents of a file. Raises ReadError with file and line, NothingMeasured for a file without any."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read", at=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ReadError("is not UTF-8 text", at=Location(str(path))) from error
    documents = [_document(line, Location(str(path), number)) for number, line in enumerate(lines, 1) if line.strip()]
    if not documents:
        raise NothingMeasured(f"{path}: there is no document in it")
    return documents


def _document(line: str, at: Location) -> Document:
    hint = 'a line is an object such as {"id": "refunds", "text": "Refunds are paid within …"}'
    try:
        said = json.loads(line)
    except json.JSONDecodeError as error:
        raise ReadError(f"not JSON at character {error.pos + 1}: {error.msg}", at=at, hint=hint) from error
    text = said.get("text") if isinstance(said, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise ReadError("has no text", at=at, hint=hint)
    return Document(str(said.get("id", f"line {at.line}")), text)
