"""Logs that no reader knows, read as `map:` in llmaudit.yaml explains.

Nothing is imported here: looking for the formats imports this room, and most people have no map.
"""
