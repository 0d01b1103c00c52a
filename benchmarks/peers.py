"""The peers, installed into the bench folder, with homes of their own there: nothing of the user's is touched."""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from .measure import BenchError, Command

CCUSAGE = "^20.0.24"  # the npm packages; both parts by name, as npm leaves out an optional part it cannot get
TOKENJAM = "0.7.0"  # the PyPI package


def ccusage(folder: Path, logs: Path) -> Command:
    """ccusage's daily report in JSON, by its native binary; the node script before it only starts that binary."""
    packages = _npm(folder)
    binary = next((packages / "@ccusage").glob("ccusage-*/bin/ccusage"))
    binary.chmod(0o755)  # the package lacks the bit; its node script sets it at the first start
    env = {"CLAUDE_CONFIG_DIR": str(logs), "HOME": str(_home(folder, "ccusage")), "TZ": "UTC"}
    return Command([binary, "claude", "daily", "--offline", "--json"], env)


def ccusage_by_node(folder: Path, logs: Path) -> Command:
    """The same, started as `npx ccusage` and `ccusage` on the path do, by node."""
    native = ccusage(folder, logs)
    return Command(["node", _npm(folder) / "ccusage/src/cli.js", *native.argv[1:]], native.env)


def tokenjam(folder: Path, logs: Path) -> tuple[Command, Command]:
    """TokenJam's backfill of a Claude folder into a new database, and the report that shows what it stored."""
    tj, home = _pip(folder), folder / "home-tokenjam"

    def forget() -> None:
        shutil.rmtree(home, ignore_errors=True)
        _home(folder, "tokenjam")

    env = {"HOME": str(home), "TZ": "UTC", "TJ_CONFIG": ""}
    backfill = Command([tj, "backfill", "claude-code", "--quiet", "--root", logs / "projects"], env, prepare=forget)
    report = Command([tj, "--json", "cost", "--since", "2020-01-01"], env)
    return Command(backfill.argv, env, prepare=forget, slow=True), report


def versions(folder: Path) -> dict[str, str]:
    """The versions of the peers that are installed in the bench folder."""
    packages = folder / "npm/node_modules"
    manifests = [*packages.glob("ccusage/package.json"), *packages.glob("@ccusage/*/package.json")]
    found = {manifest.parent.name: str(json.loads(manifest.read_text())["version"]) for manifest in manifests}
    for info in folder.glob("venv-tokenjam/lib/python*/site-packages/tokenjam-*.dist-info"):
        found["tokenjam"] = info.name.removeprefix("tokenjam-").removesuffix(".dist-info")
    return found


def _home(folder: Path, name: str) -> Path:
    home = folder / f"home-{name}"
    home.mkdir(exist_ok=True)
    return home


def _npm(folder: Path) -> Path:
    modules = folder / "npm/node_modules"
    if not any((modules / "@ccusage").glob("ccusage-*/bin/ccusage")):
        system = sys.platform.replace("win32", "windows")
        machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), "arm64")
        packages = [f"ccusage@{CCUSAGE}", f"@ccusage/ccusage-{system}-{machine}@{CCUSAGE}"]
        (folder / "npm").mkdir(exist_ok=True)
        _install(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder / "npm"), *packages])
    return modules


def _pip(folder: Path) -> Path:
    tj = folder / "venv-tokenjam/bin/tj"
    if not tj.exists():
        _install([sys.executable, "-m", "venv", str(folder / "venv-tokenjam")])
        _install([str(tj.with_name("pip")), "install", "--quiet", f"tokenjam=={TOKENJAM}"])
    return tj


def _install(argv: list[str]) -> None:
    print("installing", argv[-1], file=sys.stderr, flush=True)
    try:
        subprocess.run(argv, check=True, stdout=sys.stderr.fileno(), env=dict(os.environ))
    except (OSError, subprocess.CalledProcessError) as exc:
        raise BenchError(f"could not install a peer: {exc}") from exc
