"""What must never be stored or shown: credentials, wherever they stand.

The patterns are those of gitleaks' provider rules (github.com/gitleaks/gitleaks, config/gitleaks.toml, 2026-11-23),
loosened at the end so that a cut-off key is caught as well. They are written for RE2, which DuckDB uses, and mean the
same in Python's `re`.
"""

import re

SECRET_PATTERN = "|".join(
    (
        r"sk-ant-[A-Za-z0-9_-]{16,}",
        r"sk-[A-Za-z0-9_-]{16,}",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
        r"AIza[A-Za-z0-9_-]{30,}",
        r"gsk_[A-Za-z0-9]{20,}",
        r"xai-[A-Za-z0-9]{20,}",
        r"pplx-[A-Za-z0-9]{20,}",
        r"hf_[A-Za-z]{20,}",
        r"ABSK[A-Za-z0-9+/=]{40,}",
        r"gh[pousr]_[A-Za-z0-9]{30,}",
        r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",
        r"(?i:bearer)\s+[A-Za-z0-9._~+/=-]{16,}",
    )
)
REDACTED = "[redacted]"

_secret = re.compile(SECRET_PATTERN)


def redact(text: str) -> str:
    """The text with every credential in it replaced by `[redacted]`."""
    return _secret.sub(REDACTED, text)
