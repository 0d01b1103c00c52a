"""Durations as people read them, three figures at most."""


def shown_seconds(seconds: float | None) -> str:
    """`31 µs`, `2.37 ms`, `480 ms`, `6.2 s`, `95 s`; a dash for what nobody knows."""
    if seconds is None:
        return "–"
    if not seconds:
        return "0 s"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        # As it will be rounded: 999.7 ms reads 1 s.
        if seconds >= size * 0.9995:
            return f"{_three_figures(seconds / size)} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def _three_figures(number: float) -> str:
    places = 0 if number >= 99.95 else 1 if number >= 9.995 else 2
    return f"{number:,.{places}f}"


def shown_limit(seconds: float) -> str:
    """A limit that somebody wrote: `8 s`, not `8.00 s`."""
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:g} ms"
