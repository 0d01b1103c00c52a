"""Levers: what each remedy changes about a call, replayed over the user's own calls. They never touch money."""
