"""Whom an address means: the service's own rule, so that two people never share what this client keeps."""

from __future__ import annotations

import unicodedata
from typing import Optional


def person_of(email: str) -> Optional[str]:
    """What an address is kept under: letter case does not tell people apart.

    None: it is not written in Unicode's normal form C, so that the service takes it for nobody's. The Kelvin sign
    (U+212A), for one, would become another person's k.
    """
    return email.lower() if unicodedata.normalize("NFC", email) == email else None
