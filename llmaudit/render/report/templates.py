"""What a report looks like stands in `reports/templates/`; this fills it in.

A template gets `report` (the JSON document), `sections` (made of it), money(), percent(), days(), bundle() and file().
It does no arithmetic. What it is given may be text from logs and is escaped: by Jinja2 for HTML, on output in Markdown.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from llmaudit.errors import ConfigError, Location
from llmaudit.render.names import markdown_text
from llmaudit.render.report.forms import ReportFormat
from llmaudit.render.report.sections import sections
from llmaudit.render.report.sentences import days, money
from llmaudit.render.sentences import percent

_NAMES = {ReportFormat.HTML: "report.html.j2", ReportFormat.MARKDOWN: "report.md.j2"}
_PACKAGE = Path(__file__).resolve().parents[2]
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)


def folder() -> Path:
    """Where the templates are: in the package where it is installed, beside it in a checkout."""
    packed = _PACKAGE / "reports" / "templates"
    return packed if packed.is_dir() else _PACKAGE.parent / "reports" / "templates"


def filled(said: Mapping[str, Any], form: ReportFormat, template: Path | None = None) -> str:
    """The document in the template for that form, or in the user's own.

    Raises ConfigError with the line for a template that cannot be read, or names what is not there.
    """
    ours = folder()
    environment = _environment(form, [*([template.parent] if template else []), ours])
    path = template or ours / _NAMES[form]
    try:
        text = environment.from_string(_text(path)).render(report=said, sections=sections(dict(said)))
    except TemplateSyntaxError as error:
        where = Location(str(error.filename or path), error.lineno)
        raise ConfigError(error.message or "is no template", at=where, hint="Jinja2: see docs/report.md") from error
    except TemplateError as error:
        hint = "a template knows `report`, `sections`, money(), percent() and bundle(): see docs/report.md"
        raise ConfigError(str(error), at=Location(str(path)), hint=hint) from error
    return _sealed(text) if form is ReportFormat.HTML else text.strip()


def _environment(form: ReportFormat, folders: list[Path]) -> ImmutableSandboxedEnvironment:
    html = form is ReportFormat.HTML
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(each) for each in folders]),
        autoescape=html,
        finalize=None if html else _as_markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        money=money, percent=percent, days=days, bundle=_bundle, file=lambda name: Markup(_text(folder() / name))
    )
    return environment


def _as_markdown(value: Any) -> Any:
    """Text as Markdown has it, unless it is Markdown already."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else markdown_text(value)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "cannot be read as a template", at=Location(str(path)), hint="name a file of UTF-8 text"
        ) from error


@cache
def _bundle() -> Markup:
    """Vega, Vega-Lite and Vega-Embed as one script that works offline."""
    import vl_convert

    # A closing tag within a string of the script would end it in HTML.
    return Markup(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script"))


def _sealed(page: str) -> str:
    """The page with a policy that lets these very scripts run and nothing be asked of any other place."""
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in _SCRIPT.findall(page))
    allowed = " ".join(f"'sha256-{each}'" for each in hashes) or "'none'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{tag}', 1)
