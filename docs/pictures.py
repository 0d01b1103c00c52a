"""Make the pictures of the README, from what the commands say and write today.

    python docs/pictures.py

The sample month is read into a store beside a copy of the sample logs; the terminal is a real one (a pseudo terminal,
80 columns), drawn by Chromium like the report itself. Needs what `make test` needs. Writes docs/images/*.png.
"""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO, StringIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

CHECKOUT = Path(__file__).resolve().parents[1]
IMAGES = CHECKOUT / "docs" / "images"
LLMAUDIT = Path(sys.executable).with_name("llmaudit")
COLUMNS = 80
_SCREEN = """<body style="margin:0;background:#16191d"><pre style="margin:0;padding:26px 30px;display:inline-block;
font:15px/1.4 'DejaVu Sans Mono',Menlo,Consolas,monospace;color:#d9dbd6">{code}</pre></body>"""


def main() -> None:
    """The pictures, one after the other."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as started:
        folder = Path(shutil.copytree(CHECKOUT / "sample_logs", Path(made) / "sample_logs"))
        subprocess.run([LLMAUDIT, "ingest", "company_month"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([LLMAUDIT, "report", "--plan", "plan.yaml", "--output", "report.html"], cwd=folder, check=True)
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        _terminal(browser, folder, "breakdown --by feature,model")
        for scheme in ("light", "dark"):
            _report(browser, folder / "report.html", scheme)
        browser.close()


def _terminal(browser: Browser, folder: Path, command: str) -> None:
    """A command and what it says on a terminal."""
    said = f"$ llmaudit {command}\n{_on_a_terminal(command, folder)}"
    console = Console(record=True, file=StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(said), soft_wrap=True)
    page = browser.new_page(device_scale_factor=2)
    page.set_content(console.export_html(theme=MONOKAI, inline_styles=True, code_format=_SCREEN))
    _save(page.locator("pre").screenshot(), "terminal.png", colours=64)  # letters need few


def _on_a_terminal(command: str, folder: Path) -> str:
    """What a command writes when its standard output is a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen([LLMAUDIT, *command.split()], cwd=folder, stdout=theirs, env=environment)
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # Linux says so when the other end is closed
            part = b""
        if not part:
            break
        said += part
    if process.wait():
        raise SystemExit(f"llmaudit {command} failed")
    return said.decode().replace("\r\n", "\n")


def _report(browser: Browser, file: Path, scheme: str) -> None:
    """The beginning of the report, as far as the first chart, and the chart of what a plan saves."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-drawn]")
    below = page.locator("figure").first.bounding_box()
    assert below is not None
    part = {"x": 0, "y": 0, "width": 1100, "height": below["y"] + below["height"] + 20}
    _save(page.screenshot(full_page=True, clip=part), f"report-{scheme}.png")  # type: ignore[arg-type]
    if scheme == "light":
        _save(page.locator("#levers figure").screenshot(), "waterfall.png")
    context.close()


def _save(picture: bytes, name: str, *, colours: int | None = None) -> None:
    image = Image.open(BytesIO(picture)).convert("RGB")
    (image.quantize(colours) if colours else image).save(IMAGES / name, optimize=True)
    print(IMAGES / name, (IMAGES / name).stat().st_size)


if __name__ == "__main__":
    main()
