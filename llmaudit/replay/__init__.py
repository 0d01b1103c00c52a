"""Time every stage of an answer, and find the one that makes it slow.

from llmaudit.replay import stage

with stage("retrieval") as span:
    documents = search(query)
    span.set("llmaudit.documents", len(documents))
"""

from llmaudit.replay.stage import carry, stage

__all__ = ["carry", "stage"]
