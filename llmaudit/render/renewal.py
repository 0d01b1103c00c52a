"""What became of a store whose calls are derived from other settings than before, as lines for standard error."""

from llmaudit.ingest import Renewal
from llmaudit.render.sentences import count


def lines(renewal: Renewal, *, has_file: bool) -> list[str]:
    """A line for each thing that changed; `has_file` says whether there is an llmaudit.yaml in the working folder."""
    changed = [
        ("attributed", renewal.attributed, "feature, tier or environment"),
        ("judged", renewal.judged, "complexity"),
        ("priced", renewal.priced, "cost"),
    ]
    if has_file:
        start, how, hint = "note", "as llmaudit.yaml says now", []
    else:
        start, how = "warning", "without llmaudit.yaml, which is not in this folder"
        hint = ["hint: the next command that runs beside llmaudit.yaml derives them as before"]
    said = [
        f"{start}: {renewal.store}: {verb} anew {how}: {count(calls, 'call')} changed {what}"
        for verb, calls, what in changed
        if calls
    ]
    return [*said, *hint] if said else []
