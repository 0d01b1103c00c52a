"""A handbook to search and questions to put to it: what `llmaudit bottleneck` runs on when nothing else is given."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from . import texts
from .topics import TOPICS, Topic

SEED = "quaymark-handbook"
SECTIONS = 8
SECTION_TOKENS = 90
QUESTIONS = 40
ASKED_AGAIN = 8
"""So many of the questions are word for word one of the others, as customers do."""


def corpus() -> list[dict[str, str]]:
    """Eight sections on each of thirty topics."""
    draw = Random(f"{SEED}/corpus")
    return [
        {"id": f"{topic.name} {part}", "text": f"About {topic.name}. {_section(topic, draw)}"}
        for topic in TOPICS
        for part in range(1, SECTIONS + 1)
    ]


def _section(topic: Topic, draw: Random) -> str:
    return texts.prose(texts.DOCUMENT_SENTENCES, draw, SECTION_TOKENS, topic)


def questions() -> list[dict[str, str]]:
    """What customers ask, some of it more than once."""
    draw = Random(f"{SEED}/questions")
    forms = [form.format(t=topic) for topic in TOPICS for form in texts.FAQ_FORMS]
    asked = draw.sample(forms, QUESTIONS - ASKED_AGAIN)
    asked += draw.sample(asked, ASKED_AGAIN)
    draw.shuffle(asked)
    return [{"id": f"q{number:02}", "query": text} for number, text in enumerate(asked, start=1)]


def write(folder: Path) -> None:
    """Both files, replacing what is there."""
    folder.mkdir(exist_ok=True)
    for name, lines in (("corpus", corpus()), ("queries", questions())):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="ascii", newline="\n")
