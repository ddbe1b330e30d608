"""Whom an address means: the service's own rule, so that two people never share what this client keeps."""

from __future__ import annotations

import re
import unicodedata
from typing import Optional


# Capitals that every version of Unicode in use makes small alike: with others, two people's addresses could become one.
_CAPITALS = re.compile("[A-Z\u00c0-\u012f\u0131-\u024f\u0386-\u03a1\u03a4-\u03ab\u0400-\u04ff]")


def person_of(email: str) -> Optional[str]:
    """What an address is kept under: letter case does not tell people apart.

    None: it is not written in Unicode's normal form C, so that the service takes it for nobody's. The Kelvin sign
    (U+212A), for one, would become another person's k.
    """
    if unicodedata.normalize("NFC", email) != email:
        return None
    return _CAPITALS.sub(lambda found: found[0].lower(), email)
