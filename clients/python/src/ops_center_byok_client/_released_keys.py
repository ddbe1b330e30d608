"""Asks for keys, through the cache, and remembers who was refused because the account is disabled."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from typing import Any, Dict, Optional

from ._errors import ByokClientError, ByokKeyNotReleasedError
from ._key_cache import CacheKey, KeyCache, ReleasedKey
from ._service_calls import ServiceCalls

_DISABLED_REMEMBERED = 300.0


class ReleasedKeys:
    def __init__(self, calls: ServiceCalls, most: int) -> None:
        self._calls = calls
        self._cache = KeyCache(most)
        self._most = most
        self._disabled: OrderedDict[str, float] = OrderedDict()

    async def release(
        self, email: str, *, provider: Optional[str] = None, preferred: Optional[str] = None
    ) -> ReleasedKey:
        """The key for that provider and no other, or for the preferred one before others. Raises where there is none."""
        key = CacheKey(email.lower(), provider, preferred)
        return await self._cache.get(key, lambda: self._ask(email, key))

    def disabled_lately(self, email: str) -> bool:
        """The last answer, at most five minutes ago, was that the account is disabled."""
        return time.monotonic() < self._disabled.get(email.lower(), 0.0)

    def clear(self, email: Optional[str] = None, provider: Optional[str] = None) -> None:
        self._cache.clear(email, provider)

    async def _ask(self, email: str, key: CacheKey) -> ReleasedKey:
        body: Dict[str, Any] = {"user": {"email": email}}
        if key.provider is not None:
            body["provider"] = key.provider
        else:
            # A system key of the service's own only where the caller takes any provider: otherwise it names its own.
            body.update(preferred=key.preferred, system_fallback=True)
        try:
            answer = await self._calls.send("POST", "/keys/resolve", body, repeatable=True)
        except ByokKeyNotReleasedError as error:
            if error.reason == "user_disabled":
                self._remember_disabled(email)
            raise
        released = _read_released_key(answer)
        # A system key that stands in for a Keycloak that is away says nothing of the account.
        if released.is_byok or answer.get("reason") != "directory_unavailable":
            self._disabled.pop(key.user, None)
        elif self.disabled_lately(email):
            raise ByokKeyNotReleasedError(
                "This account was disabled a moment ago, and nobody can say whether it still is.",
                code="key_not_released",
                status=404,
                reason="user_disabled",
            )
        return released

    def _remember_disabled(self, email: str) -> None:
        self._cache.clear(email)
        self._disabled.pop(email.lower(), None)
        self._disabled[email.lower()] = time.monotonic() + _DISABLED_REMEMBERED
        if len(self._disabled) > self._most:
            self._disabled.popitem(last=False)


def _read_released_key(answer: Dict[str, Any]) -> ReleasedKey:
    api_key, provider, endpoint = answer.get("api_key"), answer.get("provider"), answer.get("endpoint")
    is_byok, max_age = answer.get("is_byok"), answer.get("max_age_seconds")
    if (
        isinstance(api_key, str)
        and api_key
        and isinstance(provider, str)
        and (endpoint is None or isinstance(endpoint, str))
        and isinstance(is_byok, bool)
        and isinstance(max_age, (int, float))
        and not isinstance(max_age, bool)
        and math.isfinite(max_age)
    ):
        return ReleasedKey(api_key, provider, endpoint, is_byok, max_age)
    raise ByokClientError(
        "The key service released a key in a form that this client does not know.",
        code="unexpected_answer",
        status=200,
    )
