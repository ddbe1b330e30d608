"""Released keys in memory: for as long as the answer allows and five minutes at most, a bounded number of them, one call for
all who ask for the same at once. A key is kept under the id that the service names, an address only leads there for as long as
its last answer allows. An answer begun before ``clear`` goes to those who wait for it and is not kept."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from typing import Awaitable, Callable, Dict, NamedTuple, Optional, Tuple, TypeVar

from ._released_key import ReleasedKey

_LONGEST = 300.0

_Name = TypeVar("_Name")
_Entry = TypeVar("_Entry")


class CacheKey(NamedTuple):
    owner: str
    """The person as ``person_of`` gives it for a call under way, the id of the user for what is kept."""
    provider: Optional[str]
    """None for "the preferred one, or another"."""
    preferred: Optional[str]


class KeyCache:
    def __init__(self, most: int) -> None:
        self._most = most
        self._ids: OrderedDict[str, Tuple[str, float]] = OrderedDict()
        self._kept: OrderedDict[CacheKey, Tuple[ReleasedKey, float]] = OrderedDict()
        self._flights: Dict[CacheKey, asyncio.Task[ReleasedKey]] = {}
        # `clear` is not asynchronous and may be called from any thread.
        self._lock = threading.Lock()

    async def get(self, key: CacheKey, load: Callable[[], Awaitable[ReleasedKey]]) -> ReleasedKey:
        loop = asyncio.get_running_loop()
        with self._lock:
            found = self._find(key)
            if found is not None:
                return found
            flight = self._flights.get(key)
            # A loop that has ended leaves its flights behind.
            if flight is None or flight.get_loop() is not loop:
                flight = loop.create_task(self._fly(key, load))
                flight.add_done_callback(lambda task: task.cancelled() or task.exception())
                self._flights[key] = flight
        # Others may wait for it too: one who is cancelled does not cancel it.
        return await asyncio.shield(flight)

    def clear(self, person: Optional[str] = None, provider: Optional[str] = None) -> None:
        with self._lock:
            # Somebody may be known by several addresses. Where one leads is remembered past its time, for this.
            user = None if person is None else self._id_of(person)

            def owns(address: str) -> bool:
                return person in (None, address) or (user is not None and self._id_of(address) == user)

            def is_about(key: CacheKey) -> bool:
                return provider is None or key.provider in (None, provider)

            for begun in [key for key in self._flights if owns(key.owner) and is_about(key)]:
                del self._flights[begun]
            for kept in [key for key in self._kept if (person is None or key.owner == user) and is_about(key)]:
                del self._kept[kept]
            if provider is None:
                for address in [address for address in self._ids if owns(address)]:
                    del self._ids[address]

    def _id_of(self, address: str) -> Optional[str]:
        found = self._ids.get(address)
        return None if found is None else found[0]

    def _find(self, key: CacheKey) -> Optional[ReleasedKey]:
        now = time.monotonic()
        user, until = self._ids.get(key.owner, ("", 0.0))
        if now >= until:
            return None
        name = key._replace(owner=user)
        found = self._kept.get(name)
        if found is None or now >= found[1]:
            return None
        # Used last, thrown out last.
        self._ids.move_to_end(key.owner)
        self._kept.move_to_end(name)
        return found[0]

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
        user = value.user_id or f"address {key.owner}"
        name = key._replace(owner=user)
        if until > time.monotonic():
            self._put(self._ids, key.owner, (user, until))
            self._put(self._kept, name, (value, until))
            return
        self._kept.pop(name, None)
        if self._id_of(key.owner) != user:
            self._ids.pop(key.owner, None)

    def _put(self, entries: OrderedDict[_Name, _Entry], name: _Name, entry: _Entry) -> None:
        entries[name] = entry
        entries.move_to_end(name)
        if len(entries) > self._most:
            entries.popitem(last=False)
