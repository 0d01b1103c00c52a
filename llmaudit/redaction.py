"""What must never be stored or shown: credentials, wherever they stand.

The patterns are those of gitleaks' provider rules (github.com/gitleaks/gitleaks, config/gitleaks.toml, 2026-11-23),
loosened at the end so that a cut-off key is caught as well. They are written for RE2, which DuckDB uses, and mean the
same in Python's `re`.
"""

import re

_PATTERNS = (
    r"\bsk-ant-[A-Za-z0-9_-]{16,}",
    r"\bsk-[A-Za-z0-9_-]{16,}",
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    r"\bAIza[A-Za-z0-9_-]{30,}",
    r"\bgsk_[A-Za-z0-9]{20,}",
    r"\bxai-[A-Za-z0-9]{20,}",
    r"\bpplx-[A-Za-z0-9]{20,}",
    r"\bhf_[A-Za-z]{20,}",
    r"\bABSK[A-Za-z0-9+/=]{40,}",
    r"\bgh[pousr]_[A-Za-z0-9]{30,}",
    r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",
    r"(?i:bearer)\s+[A-Za-z0-9._~+/=-]{16,}",
)
SECRET_PATTERN = f"(?:{'|'.join(_PATTERNS)})"
REDACTED = "[redacted]"

_secret = re.compile(SECRET_PATTERN)


def redact(text: str) -> str:
    """The text with every credential in it replaced by `[redacted]`."""
    return _secret.sub(REDACTED, text)
