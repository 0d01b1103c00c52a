"""The packed vocabularies are tiktoken's own, and loading them touches nothing outside the package."""

import gzip
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmaudit.errors import LlmauditError, ReadError
from llmaudit.tokens import vocabulary

# tiktoken 0.14.0, tiktoken_ext/openai_public.py: address, SHA-256 and number of ranks (special tokens start after).
PUBLISHED = {
    "cl100k_base": ("223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7", 100_256),
    "o200k_base": ("446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d", 199_998),
}
ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"


def packed(name: str) -> bytes:
    return (files("llmaudit.tokens") / "vocabularies" / f"{name}.tiktoken.gz").read_bytes()


@pytest.mark.parametrize("name", PUBLISHED)
def test_packed_file_is_the_published_one(name: str) -> None:
    content = gzip.decompress(packed(name))
    expected_hash, ranks = PUBLISHED[name]
    assert hashlib.sha256(content).hexdigest() == expected_hash
    assert len(content.splitlines()) == ranks


@pytest.mark.parametrize("name", PUBLISHED)
def test_packed_file_repeats(name: str) -> None:
    assert packed(name)[4:8] == b"\0\0\0\0"  # gzip's modification time, RFC 1952
    assert packed(name)[3] == 0  # no file name inside


@pytest.mark.parametrize("name", vocabulary.ENCODINGS)
def test_same_definition_as_tiktokens_constructor(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiktoken_ext import openai_public  # type: ignore[import-untyped]

    for file in PUBLISHED:  # tiktoken's cache names a file by the SHA-1 of its address
        key = hashlib.sha1(ADDRESS.format(file).encode()).hexdigest()
        (tmp_path / key).write_bytes(gzip.decompress(packed(file)))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    theirs = openai_public.ENCODING_CONSTRUCTORS[name]()
    ours = vocabulary.load(name)
    assert (ours.name, ours._pat_str, ours._special_tokens, ours._mergeable_ranks) == (
        theirs["name"],
        theirs["pat_str"],
        theirs["special_tokens"],
        theirs["mergeable_ranks"],
    )


@pytest.mark.parametrize(
    ("name", "size"), [("cl100k_base", 100_277), ("o200k_base", 200_019), ("o200k_harmony", 201_088)]
)
def test_vocabulary_size(name: str, size: int) -> None:
    assert vocabulary.load(name).n_vocab == size


def test_no_network_no_cache_folder_and_no_change_to_tiktoken(tmp_path: Path) -> None:
    program = """
import socket, sys
def refuse(*args, **kwargs): raise AssertionError("network")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from llmaudit.tokens import count
assert not {"tiktoken", "pyarrow"} & set(sys.modules), "heavy import at start"
assert count(["hello world"], "o200k_base") == [2]
import tiktoken.registry, tiktoken.load
from tiktoken_ext import openai_public
assert tiktoken.registry.ENCODINGS == {}
assert openai_public.load_tiktoken_bpe is tiktoken.load.load_tiktoken_bpe
"""
    cache, home = tmp_path / "cache", tmp_path / "home"
    home.mkdir()
    root = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(root), *filter(None, sys.path)])
    changed = {"TIKTOKEN_CACHE_DIR": str(cache), "TMPDIR": str(home), "HOME": str(home), "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | changed, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert not cache.exists()
    assert list(home.iterdir()) == []


def test_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        pytest.fail("a vocabulary opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    vocabulary.load.cache_clear()
    assert vocabulary.load("cl100k_base").encode("tiktoken is great!") == [83, 1609, 5963, 374, 2294, 0]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: whole[: len(whole) // 2], "cannot be read"),
        (lambda whole: b"version https://git-lfs.github.com/spec/v1\n", "cannot be read"),
        (lambda whole: whole[:20] + bytes([whole[20] ^ 255]) + whole[21:], "cannot be read"),
        (lambda whole: b"", "is not the one tiktoken expects"),
        (lambda whole: gzip.compress(b"IQ== 0\n"), "is not the one tiktoken expects"),
        (None, "cannot be read"),
    ],
    ids=["cut", "not gzip", "a flipped byte", "empty", "other content", "missing"],
)
def test_damaged_file_is_a_clear_error(
    damage: Callable[[bytes], bytes] | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vocabularies").mkdir()
    if damage:
        (tmp_path / "vocabularies" / "cl100k_base.tiktoken.gz").write_bytes(damage(packed("cl100k_base")))
    monkeypatch.setattr(vocabulary, "files", lambda _package: tmp_path)
    vocabulary.load.cache_clear()
    with pytest.raises(ReadError, match=message) as raised:
        vocabulary.load("cl100k_base")
    assert isinstance(raised.value, LlmauditError)
    assert "cl100k_base.tiktoken.gz" in str(raised.value)


def test_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="p50k_base"):
        vocabulary.load("p50k_base")


@pytest.mark.parametrize("name", PUBLISHED)
@settings(deadline=None, max_examples=100)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_decoding_gives_the_text_back(name: str, text: str) -> None:
    coder = vocabulary.load(name)
    assert coder.decode(coder.encode(text, disallowed_special=())) == text
