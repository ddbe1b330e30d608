"""Asks for keys, through the cache, and remembers for whom there is none, whatever happens next."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Dict, Optional, Tuple

from ._email_address import person_of
from ._errors import ByokKeyNotReleasedError
from ._fallback import is_final
from ._key_cache import CacheKey, KeyCache
from ._released_key import ReleasedKey, read_released_key
from ._service_calls import ServiceCalls

_REMEMBERED = 300.0


class ReleasedKeys:
    def __init__(self, calls: ServiceCalls, most: int) -> None:
        self._calls = calls
        self._cache = KeyCache(most)
        self._most = most
        self._refused: OrderedDict[str, Tuple[Optional[str], float]] = OrderedDict()

    async def release(
        self, email: str, *, provider: Optional[str] = None, preferred: Optional[str] = None
    ) -> ReleasedKey:
        """The key for that provider and no other, or for the preferred one before others. Raises where there is none."""
        person = person_of(email)
        if person is None:
            # What the service would answer.
            raise _not_released("There is no such user.", "user_not_found")
        key = CacheKey(person, provider, preferred)
        return await self._cache.get(key, lambda: self._ask(email, key))

    def refused_lately(self, email: str) -> bool:
        """The last answer, at most five minutes ago, was that nobody's key may stand in for this person's."""
        person = person_of(email)
        return person is None or self._lately(person) is not None

    def clear(self, email: Optional[str] = None, provider: Optional[str] = None) -> None:
        person = None if email is None else person_of(email)
        # No key is kept for an address that means nobody.
        if email is None or person is not None:
            self._cache.clear(person, provider)

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
            self._learn(key.owner, error)
            raise
        released = read_released_key(answer)
        # A system key that stands in for a Keycloak that is away says nothing of the account.
        if released.is_byok or answer.get("reason") != "directory_unavailable":
            self._refused.pop(key.owner, None)
        before = self._lately(key.owner)
        if before is not None:
            raise _not_released(
                "A moment ago this account could have no key, and nobody can say whether that still holds.", before[0]
            )
        return released

    def _lately(self, person: str) -> Optional[Tuple[Optional[str], float]]:
        found = self._refused.get(person)
        return found if found is not None and time.monotonic() < found[1] else None

    def _learn(self, person: str, error: ByokKeyNotReleasedError) -> None:
        self._refused.pop(person, None)
        if not is_final(error):
            return
        self._cache.clear(person)
        self._refused[person] = (error.reason, time.monotonic() + _REMEMBERED)
        if len(self._refused) > self._most:
            self._refused.popitem(last=False)


def _not_released(message: str, reason: Optional[str]) -> ByokKeyNotReleasedError:
    return ByokKeyNotReleasedError(message, code="key_not_released", status=404, reason=reason)
