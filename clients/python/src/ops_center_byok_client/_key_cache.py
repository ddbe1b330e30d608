"""Released keys in memory: for as long as the answer allows and five minutes at most, a bounded number of them, one call for
all who ask for the same at once. An answer begun before ``clear`` goes to those who wait for it and is not kept."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from typing import Awaitable, Callable, Dict, NamedTuple, Optional, Tuple

_LONGEST = 300.0


class ReleasedKey:
    """What the service answered. Printing it shows nothing."""

    def __init__(
        self, api_key: str, provider: str, endpoint: Optional[str], is_byok: bool, max_age_seconds: float
    ) -> None:
        self.api_key = api_key
        self.provider = provider
        self.endpoint = endpoint
        self.is_byok = is_byok
        self.max_age_seconds = max_age_seconds


class CacheKey(NamedTuple):
    user: str
    """The address in small letters: Keycloak does not tell capitals apart."""
    provider: Optional[str]
    """None for "the preferred one, or another"."""
    preferred: Optional[str]


class KeyCache:
    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[CacheKey, Tuple[ReleasedKey, float]] = OrderedDict()
        self._flights: Dict[CacheKey, asyncio.Task[ReleasedKey]] = {}
        # `clear` is not asynchronous and may be called from any thread.
        self._lock = threading.Lock()

    async def get(self, key: CacheKey, load: Callable[[], Awaitable[ReleasedKey]]) -> ReleasedKey:
        loop = asyncio.get_running_loop()
        with self._lock:
            found = self._kept.get(key)
            if found is not None and time.monotonic() < found[1]:
                # Used last, thrown out last.
                self._kept.move_to_end(key)
                return found[0]
            self._kept.pop(key, None)
            flight = self._flights.get(key)
            # A loop that has ended leaves its flights behind.
            if flight is None or flight.get_loop() is not loop:
                flight = loop.create_task(self._fly(key, load))
                flight.add_done_callback(lambda task: task.cancelled() or task.exception())
                self._flights[key] = flight
        # Others may wait for it too: whoever is cancelled does not cancel it.
        return await asyncio.shield(flight)

    def clear(self, email: Optional[str] = None, provider: Optional[str] = None) -> None:
        user = None if email is None else email.lower()

        def matches(key: CacheKey) -> bool:
            return (user is None or key.user == user) and (provider is None or key.provider in (None, provider))

        with self._lock:
            for kept in [key for key in self._kept if matches(key)]:
                del self._kept[kept]
            for begun in [key for key in self._flights if matches(key)]:
                del self._flights[begun]

    async def _fly(self, key: CacheKey, load: Callable[[], Awaitable[ReleasedKey]]) -> ReleasedKey:
        # The answer's age counts from when it was asked for: how long it was under way is not known to the service.
        asked = time.monotonic()
        value: Optional[ReleasedKey] = None
        try:
            value = await load()
            return value
        finally:
            with self._lock:
                if self._flights.get(key) is asyncio.current_task():
                    del self._flights[key]
                    if value is not None:
                        self._keep(key, value, asked + min(value.max_age_seconds, _LONGEST))

    def _keep(self, key: CacheKey, value: ReleasedKey, until: float) -> None:
        if until <= time.monotonic():
            return
        self._kept[key] = (value, until)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
