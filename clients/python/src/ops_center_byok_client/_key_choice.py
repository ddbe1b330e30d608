"""Which key a caller gets: the user's own, else the system's."""

from __future__ import annotations

import os
from typing import Optional, Tuple

from ._errors import ByokClientError, ByokKeyNotReleasedError, ByokUnavailableError
from ._fallback import allows_fallback, log_fallback, with_more
from ._released_key import OWN_ADDRESS, Destination, ReleasedKey
from ._released_keys import ReleasedKeys

# Provider and variable of its system key, in the order in which they are tried.
_SYSTEM_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "together": "TOGETHER_API_KEY",
    "groq": "GROQ_API_KEY",
}
VARIABLES = {**_SYSTEM_KEYS, "huggingface": "HUGGINGFACE_TOKEN"}


class KeyChoice:
    def __init__(self, keys: ReleasedKeys) -> None:
        self._keys = keys

    async def own_key(self, email: str, provider: str) -> Optional[ReleasedKey]:
        """None: the user has none that may be used. Raises where nothing may take its place."""
        try:
            return await self._keys.release(email, provider=provider)
        except ByokKeyNotReleasedError as error:
            # An unknown user has none, as the old helper answered: the caller gets no other one from here.
            if allows_fallback(error) or error.reason == "user_not_found":
                return None
            raise

    async def key_or_default(
        self, email: str, provider: str, variable: Optional[str]
    ) -> Tuple[str, Destination, Optional[ReleasedKey]]:
        try:
            key = await self._keys.release(email, provider=provider)
            return key.api_key, key.destination, key
        except ByokClientError as error:
            if not self._may_fall_back(email, error):
                raise
            problem = error
        system_key = os.environ.get(variable) if variable else None
        if not variable or not system_key:
            raise with_more(problem, f"{variable} is not set either." if variable else "No variable was named.")
        log_fallback(problem, variable)
        return system_key, OWN_ADDRESS, None

    async def any_key(self, email: str, preferred: str) -> Tuple[str, str, Destination, bool]:
        try:
            key = await self._keys.release(email, preferred=preferred)
            return key.api_key, key.provider, key.destination, key.is_byok
        except ByokClientError as error:
            if not self._may_fall_back(email, error):
                raise
            problem = error
        for provider, name in _SYSTEM_KEYS.items():
            system_key = os.environ.get(name)
            if system_key:
                log_fallback(problem, name)
                return system_key, provider, OWN_ADDRESS, False
        raise with_more(problem, f"None of {', '.join(_SYSTEM_KEYS.values())} is set either.")

    def _may_fall_back(self, email: str, error: ByokClientError) -> bool:
        # In an outage the last answer may have been that nothing may stand in for this person's key.
        outage = isinstance(error, ByokUnavailableError)
        return allows_fallback(error) and not (outage and self._keys.refused_lately(email))
