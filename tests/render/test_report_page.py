"""The page in a browser: charts are drawn, tables sort, nothing is asked for, everybody can use it.

Debian's Chromium, which `make` installs where it may. Without one these tests are skipped, except where
LLMAUDIT_BROWSER=required says that they have to run, as in CI.
"""

from __future__ import annotations

import io
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.render.conftest import HOSTILE, said_by

playwright = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[dev]' brings playwright")

Open = Callable[..., AbstractContextManager[Any]]
CHARTS = ("over-time", "pareto", "split", "waterfall", "latency", "stages", "failures")
BLUE = {"light": (0x2F, 0x5F, 0x8F), "dark": (0x6D, 0x9F, 0xD2)}
PAPER = {"light": (0xFC, 0xFC, 0xFB), "dark": (0x14, 0x17, 0x1B)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # Not for the session: it keeps a loop running in this thread, in which no other test could run its own.
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        if os.environ.get("LLMAUDIT_BROWSER") == "required":
            pytest.fail("there is no Chromium here, and LLMAUDIT_BROWSER=required")
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as started:
        # Root may not use the sandbox, and containers run as root; the page opened is our own.
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def opened(browser: Any) -> Open:
    """Open the page of a folder; what it says to the console, asks for or pops up is an error at the end."""

    @contextmanager
    def page_of(folder: Path, *, width: int = 1280, scheme: str = "light") -> Iterator[Any]:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        heard: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        # Nobody answers a dialog, so one that pops up stops the page as well.
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        address = (folder / "report.html").as_uri()
        page.goto(address)
        page.wait_for_selector("html[data-drawn]")
        yield page
        context.close()
        assert heard == []
        assert asked == [address]

    return page_of


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_is_drawn_in_the_colours_of_the_theme(report: Path, opened: Open, scheme: str) -> None:
    with opened(report, scheme=scheme) as page:
        for chart in CHARTS:
            colours = _pixels(page.locator(f"#chart-{chart}"))
            assert colours.most_common(1)[0][0] == PAPER[scheme] or chart == "split", chart
            assert colours[BLUE[scheme]] > 100, chart
            assert len(colours) > 5, chart


def test_a_bar_says_what_it_is_worth(report: Path, opened: Open) -> None:
    first = said_by(report)["over_time"]["cells"][0]
    with opened(report) as page:
        page.locator("#chart-over-time path[aria-roledescription], #chart-over-time .mark-rect path").first.hover()
        tip = page.locator("#vg-tooltip-element")
        tip.wait_for()
        assert first["start"] in tip.inner_text()
        assert "$" in tip.inner_text()


def test_tables_sort_by_click_and_by_key(report: Path, opened: Open) -> None:
    with opened(report) as page:
        table = page.locator("table", has=page.locator("caption", has_text="By feature")).first

        def column(place: int) -> list[str]:
            found: list[str] = table.locator(f"tbody tr > :nth-child({place})").all_inner_texts()
            return [text.split("\n")[0] for text in found]

        costs = [group["effective_cost"] for group in said_by(report)["breakdowns"][0]["groups"]]
        values = table.locator("tbody tr > :nth-child(3) data")
        assert [each.get_attribute("value") for each in values.all()] == costs
        table.get_by_role("button", name="feature").click()
        assert column(1) == sorted(column(1))
        assert table.locator("th[aria-sort=ascending]").inner_text().startswith("feature")
        table.get_by_role("button", name="cost", exact=True).focus()
        page.keyboard.press("Enter")
        assert [each.get_attribute("value") for each in values.all()] == sorted(costs, key=float, reverse=True)
        page.keyboard.press("Enter")
        assert [each.get_attribute("value") for each in values.all()] == sorted(costs, key=float)


def test_what_is_unknown_stays_last_however_a_column_is_sorted(report: Path, opened: Open) -> None:
    with opened(report) as page:
        page.get_by_text("Latency by feature", exact=True).first.click()
        table = page.locator("table", has=page.locator("caption", has_text="Latency by feature"))
        known = [each for each in said_by(report)["latency"]["groups"] if each["p99_seconds"] is not None]
        for _ in range(2):
            table.get_by_role("button", name="P99").click()
            texts = table.locator("tbody tr > :nth-child(5)").all_inner_texts()
            assert "–" not in texts[: len(known) + 1]
            assert set(texts[len(known) + 1 :]) == {"–"}


def test_the_theme_is_that_of_the_system_until_one_is_chosen(report: Path, opened: Open) -> None:
    def paper(page: Any) -> str:
        colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return colour

    with opened(report, scheme="dark") as page:
        button = page.locator("#theme")
        seen = []
        for _ in range(3):
            seen.append((button.inner_text(), paper(page)))
            button.click()
        light, dark = (f"rgb{PAPER[name]}" for name in ("light", "dark"))
        assert seen == [("Theme: as the system", dark), ("Theme: light", light), ("Theme: dark", dark)]
        assert button.inner_text() == "Theme: as the system"


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen(report: Path, hostile_report: Path, opened: Open, width: int) -> None:
    for folder in (report, hostile_report):
        with opened(folder, width=width) as page:
            for fold in page.locator("details").all():
                fold.evaluate("each => { each.open = true; }")
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_everything_is_open_and_light(report: Path, opened: Open) -> None:
    with opened(report, scheme="dark") as page:
        closed = page.locator("details:not([open])")
        assert closed.count() > 5
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert closed.count() == 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator("#theme").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert closed.count() > 5


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_nothing_serious(report: Path, hostile_report: Path, opened: Open, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for folder in (report, hostile_report):
        with opened(folder, width=width, scheme=scheme) as page:
            for fold in page.locator("details").all():
                fold.evaluate("each => { each.open = true; }")
            # Only the test adds a script to the page, which its policy would refuse.
            found = axe.run(page)
            assert [
                (each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found.response["violations"]
            ] == []


def test_names_stay_text(hostile_report: Path, opened: Open) -> None:
    with opened(hostile_report) as page:
        text = page.locator("main").inner_text()
        for name in (HOSTILE[0], HOSTILE[2], HOSTILE[3], HOSTILE[4]):
            assert name in text
        assert page.locator("main img, main b, main script:not([data-for])").count() == 0


def _pixels(element: Any) -> Counter[tuple[int, ...]]:
    """How many pixels of an element have which colour, as it is on the screen."""
    from PIL import Image

    picture = Image.open(io.BytesIO(element.screenshot())).convert("RGB")
    raw = picture.tobytes()
    return Counter(zip(raw[0::3], raw[1::3], raw[2::3], strict=True))
