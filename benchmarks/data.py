"""The inputs of the benchmarks: made once per size, kept in the bench folder, the same bytes every time."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from . import chat, claude_code
from .measure import BenchError, run
from .ours import Store

CHECKOUT = Path(__file__).resolve().parents[1]

# Integers only, and md5 of the row number rather than duckdb's hash(), which may change between versions.
_CALLS = """
copy (
    with numbered as (
        select range as n, ('0x' || substr(md5(range::varchar), 1, 8))::bigint as a,
            ('0x' || substr(md5(range::varchar), 9, 8))::bigint as b
        from range($rows)
    )
    select
        case when a % 6 < 4 then 'openai' else 'anthropic' end as provider_name,
        (['gpt-4o-2024-08-06', 'gpt-4o-mini-2024-07-18', 'gpt-4.1-2025-04-14', 'gpt-4.1-mini-2025-04-14',
          'claude-sonnet-4-20250514', 'claude-opus-4-20250514'])[1 + a % 6] as response_model,
        timestamp '2025-06-02' + to_microseconds(cast(n * (7776000000000 // $rows) as bigint)) as started_at,
        cast(200 + b % 20000 as bigint) as input_tokens,
        cast(case when b % 3 = 0 then (200 + b % 20000) * 3 // 4 else 0 end as bigint) as cache_read_input_tokens,
        cast(20 + a % 1500 as bigint) as output_tokens,
        'resp-' || n as response_id,
        ['search', 'support', 'report', 'assistant', 'summary'][1 + b % 5] as feature,
        'user-' || a % 5000 as user_id
    from numbered
) to '$path' (format parquet)
"""
# duckdb draws its progress bar on stdout, even into a pipe.
_EXECUTE = "import sys, duckdb; duckdb.sql('set enable_progress_bar = false'); duckdb.sql(sys.argv[1])"


def claude_code_logs(folder: Path, size: int) -> Path:
    """A Claude configuration folder with about `size` bytes of session logs under `projects`."""
    return _made(folder / f"claude-code-{size}", lambda path: claude_code.write(path, size))


def chat_bodies(folder: Path, size: int) -> Path:
    """A folder with about `size` bytes of chat completion bodies, JSONL."""
    return _made(folder / f"chat-{size}", lambda path: chat.write_bodies(path, size))


def chat_pairs(folder: Path, size: int) -> Path:
    """A folder with about `size` bytes of request+response pairs, JSONL."""
    return _made(folder / f"chat-pairs-{size}", lambda path: chat.write_pairs(path, size))


def small_files(folder: Path, files: int) -> Path:
    """A folder with so many small JSONL files of chat completion bodies."""
    return _made(folder / f"files-{files}", lambda path: chat.write_small_files(path, files))


def calls_parquet(folder: Path, rows: int) -> Path:
    """One Parquet file of `rows` calls in the generic format, alone in its folder."""

    def make(path: Path) -> None:
        query = _CALLS.replace("$rows", str(rows)).replace("$path", str(path / "calls.parquet"))
        # In a process of its own: a child begins with its parent's peak memory, so this one has to stay small.
        subprocess.run([sys.executable, "-c", _EXECUTE, query], check=True)

    return _made(folder / f"calls-{rows}", make) / "calls.parquet"


def companies(folder: Path, copies: int) -> Path:
    """A store of so many companies of the sample month each, about 6,247 calls times `copies`."""

    def make(path: Path) -> None:
        month, store = path / "month.duckdb", path / "companies.duckdb"
        run(Store(month).fresh_ingest(CHECKOUT / "sample_logs" / "company_month"))
        inserted = Path(__file__).with_name("companies.sql").read_text().replace("$copies", str(copies))
        query = (
            f"set memory_limit = '4GB'; attach '{month}' as month (read_only); attach '{store}' as companies; "
            "copy from database month to companies (schema); use companies; "
            + "".join(f"insert into {table} select * from month.{table}; " for table in ("meta", "rates", "sources"))
            + inserted
        )
        subprocess.run([sys.executable, "-c", _EXECUTE, query], check=True)
        month.unlink()

    return _made(folder / f"companies-{copies}", make) / "companies.duckdb"


def size_of(folder: Path) -> int:
    """Bytes of all files under `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _made(path: Path, make: Callable[[Path], None]) -> Path:
    """`path`, made first if it is not there; an interrupted making leaves nothing under that name."""
    if path.exists():
        return path
    print(f"making {path}", file=sys.stderr, flush=True)
    part = path.with_name(path.name + ".part")
    subprocess.run(["rm", "-rf", part], check=True)
    part.mkdir(parents=True)
    try:
        make(part)
    except subprocess.CalledProcessError as exc:
        raise BenchError(f"could not make {path}: exit code {exc.returncode}") from exc
    return part.rename(path)
