"""Local files: named, below folders, matched by globs, piped in, and inside zip archives."""

import io
import os
import sys
import zipfile
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from llmaudit.errors import ReadError
from llmaudit.sources import Compression, Unopenable, find

from .s3_server import gz, ingest, log, zipped


def write(folder: Path, *names: str) -> None:
    """Files that hold their own names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def found(folder: Path, temporary: Path, *paths: str, excluded: frozenset[Path] = frozenset()) -> list[str]:
    """The names of the sources, relative to the folder; there are no problems."""
    sources, problems = find([str(folder / path) for path in paths], temporary, excluded)
    assert problems == []
    return [str(Path(source.name).relative_to(folder)) for source in sources]


def test_a_folder_is_everything_below_it_but_hidden_files(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, "logs/b.jsonl", "logs/a.csv", "logs/deep/er/c", "logs/.hidden", "logs/.git/config", "other")
    assert found(tmp_path, temporary, "logs") == ["logs/a.csv", "logs/b.jsonl", "logs/deep/er/c"]


def test_a_hidden_file_that_is_named_is_read(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, ".claude/session.jsonl", ".one")
    assert found(tmp_path, temporary, ".one", ".claude") == [".claude/session.jsonl", ".one"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("logs/*.jsonl", ["logs/a.jsonl", "logs/b.jsonl"]),
        ("logs/**/*.jsonl", ["logs/a.jsonl", "logs/b.jsonl", "logs/deep/c.jsonl"]),
        ("logs/[ab].jsonl", ["logs/a.jsonl", "logs/b.jsonl"]),
        ("logs/?.csv", ["logs/a.csv"]),
        ("lo*", ["logs/a.csv", "logs/a.jsonl", "logs/b.jsonl", "logs/deep/c.jsonl"]),
    ],
)
def test_globs(tmp_path: Path, temporary: Path, pattern: str, expected: list[str]) -> None:
    write(tmp_path, "logs/a.jsonl", "logs/b.jsonl", "logs/a.csv", "logs/deep/c.jsonl")
    assert found(tmp_path, temporary, pattern) == expected


def test_a_file_named_like_a_glob_is_that_file(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, "a[1].jsonl", "a1.jsonl")
    assert found(tmp_path, temporary, "a[1].jsonl") == ["a[1].jsonl"]


def test_what_duckdb_would_take_for_a_glob_is_read_as_that_file(tmp_path: Path, db: Path) -> None:
    folder = tmp_path / "[id]"
    folder.mkdir()
    (folder / "a[1].jsonl").write_bytes(log("1", "2", "3"))
    (folder / "a1.jsonl").write_bytes(log("4"))
    (folder / "b*.jsonl").write_bytes(log("5") + b"{broken\n")
    run = ingest(str(folder), db=db, endpoint="http://127.0.0.1:9")
    assert (run.code, run["files"], run["records"], run["calls_added"], run["unreadable"]) == (0, 3, 6, 5, 1)
    assert [(problem["file"], problem["line"]) for problem in run["problems"]] == [(str(folder / "b*.jsonl"), 2)]


@pytest.mark.parametrize(
    ("path", "message"), [("missing", "missing: does not exist"), ("*.none", "no file matches this pattern")]
)
def test_what_is_not_there_is_an_error(tmp_path: Path, temporary: Path, path: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        find([str(tmp_path / path)], temporary)


def test_each_file_once_by_name(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, "logs/a", "logs/b")
    assert found(tmp_path, temporary, "logs/b", "logs", "logs/*", "logs/a") == ["logs/a", "logs/b"]


def test_excluded_files_are_left_out(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, "logs/a", "logs/users.csv")
    excluded = frozenset({(tmp_path / "logs" / "users.csv").resolve()})
    assert found(tmp_path, temporary, "logs", excluded=excluded) == ["logs/a"]


def test_signature_tells_changes(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, "a")
    ((before,), _) = find([str(tmp_path / "a")], temporary)
    ((same,), _) = find([str(tmp_path / "a")], temporary)
    (tmp_path / "a").write_bytes(b"longer than before")
    ((after,), _) = find([str(tmp_path / "a")], temporary)
    assert before.signature == same.signature
    assert before.signature != after.signature
    assert (before.size_bytes, after.size_bytes) == (1, 18)


def test_standard_input(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gz(b"piped\n"))))
    ((source,), problems) = find(["-", "-"], temporary)
    assert problems == []
    assert (source.name, source.compression) == ("<standard input>", Compression.GZIP)
    assert source.local.read_bytes() == gz(b"piped\n")


def test_a_named_pipe_is_read_like_standard_input(tmp_path: Path, temporary: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(b"from a command\n",))
    writer.start()
    ((source,), problems) = find([str(pipe)], temporary)
    writer.join()
    assert problems == []
    assert (source.name, source.local.read_bytes()) == (str(pipe), b"from a command\n")


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, "logs/a")
    (tmp_path / "logs" / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "logs" / "pipe")
    sources, problems = find([str(tmp_path / "logs")], temporary)
    assert [source.name for source in sources] == [str(tmp_path / "logs" / "a")]
    assert {(Path(problem.file).name, problem.reason) for problem in problems} == {
        ("dangling", "cannot be opened: No such file or directory"),
        ("pipe", "cannot be opened: not a regular file"),
    }


def test_members_of_a_zip_are_extracted_only_when_opened(tmp_path: Path, temporary: Path) -> None:
    archive = tmp_path / "logs.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("b/two.jsonl.gz", gz(b"two"))
        out.writestr("one.jsonl", b"one")
        out.writestr("../../escape.jsonl", b"three")
        out.writestr("__MACOSX/._one.jsonl", b"resource fork")
        out.writestr(".git/config", b"hidden")
        out.mkdir("empty")
    sources, problems = find([str(archive)], temporary)
    assert problems == []
    assert list(temporary.iterdir()) == []
    by_name = {source.name.removeprefix(f"{archive}!"): source for source in sources}
    assert sorted(by_name) == ["../../escape.jsonl", "b/two.jsonl.gz", "one.jsonl"]
    assert by_name["one.jsonl"].local.read_bytes() == b"one"
    assert by_name["one.jsonl"].local == by_name["one.jsonl"].local
    assert by_name["b/two.jsonl.gz"].compression is Compression.GZIP
    assert by_name["../../escape.jsonl"].local.parent == temporary
    assert len(list(temporary.iterdir())) == 3


def test_a_repacked_zip_with_the_same_content_is_known_again(tmp_path: Path, temporary: Path) -> None:
    archive = tmp_path / "logs.zip"
    archive.write_bytes(zipped(a=b"same", b=b"before"))
    before = {source.name[-7:]: source.signature for source in find([str(archive)], temporary)[0]}
    archive.write_bytes(zipped(b=b"after!", c=b"new", a=b"same"))
    after = {source.name[-7:]: source.signature for source in find([str(archive)], temporary)[0]}
    assert before["a.jsonl"] == after["a.jsonl"]
    assert before["b.jsonl"] != after["b.jsonl"]


def test_a_cut_off_zip_is_a_problem(tmp_path: Path, temporary: Path) -> None:
    archive = tmp_path / "logs.zip"
    archive.write_bytes(zipped(a=b"content" * 100)[:-30])
    sources, problems = find([str(archive)], temporary)
    assert sources == []
    assert [(problem.file, problem.reason) for problem in problems] == [
        (str(archive), "cannot be opened: File is not a zip file")
    ]


def test_a_damaged_member_cannot_be_opened_though_others_can(tmp_path: Path, temporary: Path) -> None:
    content = bytearray(zipped(a=b"first" * 100, b=b"second"))
    content[len("PK..") + 26 + len("a.jsonl") + 3] ^= 0xFF
    archive = tmp_path / "logs.zip"
    archive.write_bytes(content)
    (a, b), problems = find([str(archive)], temporary)
    assert problems == []
    assert b.local.read_bytes() == b"second"
    with pytest.raises(Unopenable, match="damaged in its zip archive"):
        a.open()


def test_an_encrypted_member_cannot_be_opened(tmp_path: Path, temporary: Path) -> None:
    content = bytearray(zipped(a=b"first"))
    content[6] |= 1  # the flag in the member's own header, and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive = tmp_path / "logs.zip"
    archive.write_bytes(content)
    ((source,), _) = find([str(archive)], temporary)
    with pytest.raises(Unopenable, match="encrypted"):
        source.open()
