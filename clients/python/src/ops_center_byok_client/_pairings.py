"""Keeps a key and an endpoint apart that two calls would give and that do not belong together, because something changed in
between. Each task is judged by what it was given itself; one of which nothing is known, by what all others may still hold. What
was given counts as held for five minutes, as long as a released key may be used."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from typing import Any, Dict, NamedTuple, Optional, Tuple
from weakref import WeakKeyDictionary

from ._errors import ByokClientError
from ._released_key import Destination

_HELD = 300.0
# People and providers that a task remembers; those that it was given last count.
_MOST_IN_A_TASK = 32
_MOST_ENDPOINTS = 32

_Pair = Tuple[str, str]


class _Given(NamedTuple):
    of: Destination
    at: float
    open: bool
    """Others are still held to it, because nobody can say who has it."""
    how: str = "alone"
    """How a key was given: ``alone``, so that its endpoint is still to come; ``paired`` with an endpoint that another call
    gave; or ``whole``, with its endpoint in the same answer."""


class _Held(NamedTuple):
    """What one task was given for a person and a provider."""

    key: Optional[_Given] = None
    first: Optional[_Given] = None
    """An endpoint whose key was not given yet."""


class _Waiting:
    """Endpoint by endpoint: how many wait for the other half of it, and since when the last one does."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pairs: OrderedDict[_Pair, OrderedDict[Optional[str], Tuple[int, float]]] = OrderedDict()

    def is_for_another(self, pair: _Pair, of: Destination) -> bool:
        now = time.monotonic()
        entries = self._pairs.get(pair)
        if entries is None:
            return False
        return any(now - at < _HELD and other != of.endpoint for other, (_, at) in entries.items())

    def begin(self, pair: _Pair, of: Destination) -> None:
        entries = self._pairs.setdefault(pair, OrderedDict())
        self._pairs.move_to_end(pair)
        entries[of.endpoint] = (entries.pop(of.endpoint, (0, 0.0))[0] + 1, time.monotonic())
        if len(entries) > _MOST_ENDPOINTS:
            entries.popitem(last=False)
        if len(self._pairs) > self._most:
            self._pairs.popitem(last=False)

    def end(self, pair: _Pair, given: Optional[_Given]) -> None:
        entries = self._pairs.get(pair)
        if given is None or not given.open or entries is None:
            return
        count, at = entries.get(given.of.endpoint, (0, 0.0))
        if count > 1:
            entries[given.of.endpoint] = (count - 1, at)
        else:
            entries.pop(given.of.endpoint, None)
        if not entries:
            del self._pairs[pair]


class Pairings:
    def __init__(self, most: int) -> None:
        self._tasks: WeakKeyDictionary[asyncio.Task[Any], OrderedDict[_Pair, _Held]] = WeakKeyDictionary()
        self._keys = _Waiting(most)
        self._endpoints = _Waiting(most)
        # Event loops of several threads may share a client.
        self._lock = threading.Lock()

    def give_key(self, person: str, provider: str, of: Destination) -> None:
        """Raises where an endpoint was given to which this key must not be sent."""
        pair = (person, provider)
        with self._lock:
            key, first = self._held(pair)
            if first is None and self._endpoints.is_for_another(pair, of):
                raise _withheld("key")
            # Whatever comes of it, this task knows now.
            self._endpoints.end(pair, first)
            if first is not None and first.of.endpoint != of.endpoint:
                self._hold(pair, _Held(key, first._replace(open=False)))
                raise _withheld("key")
            self._keys.end(pair, key)
            paired = first is not None
            if not paired:
                self._keys.begin(pair, of)
            how = "paired" if paired else "alone"
            self._hold(pair, _Held(_Given(of, time.monotonic(), open=not paired, how=how)))

    def give_both(self, person: str, provider: str, of: Destination) -> None:
        """A key with its endpoint. Both belong together whatever was given before; endpoints given later have to fit."""
        pair = (person, provider)
        with self._lock:
            key, first = self._held(pair)
            self._keys.end(pair, key)
            self._keys.begin(pair, of)
            self._hold(pair, _Held(_Given(of, time.monotonic(), open=True, how="whole"), first))

    def give_endpoint(self, person: str, provider: str, of: Destination) -> None:
        """Raises where a key was given that must not be sent there."""
        pair = (person, provider)
        with self._lock:
            key, first = self._held(pair)
            is_known = key is not None and key.how != "paired"
            if not is_known and self._keys.is_for_another(pair, of):
                raise _withheld("endpoint")
            self._keys.end(pair, key)
            known = None if key is None else key._replace(open=False)
            if known is not None and not _fits(known.of, of):
                self._hold(pair, _Held(known, first))
                raise _withheld("endpoint")
            if known is not None and known.how == "alone":
                self._hold(pair, _Held(known._replace(how="paired"), first))
                return
            # A key that came with its endpoint needs no other: this one may be for the key that comes next.
            self._endpoints.end(pair, first)
            self._endpoints.begin(pair, of)
            self._hold(pair, _Held(known, _Given(of, time.monotonic(), open=True)))

    def _mine(self) -> Dict[_Pair, _Held]:
        task = asyncio.current_task()
        return {} if task is None else self._tasks.setdefault(task, OrderedDict())

    def _held(self, pair: _Pair) -> _Held:
        now = time.monotonic()
        key, first = self._mine().get(pair, _Held())
        return _Held(
            None if key is None or now - key.at >= _HELD else key,
            None if first is None or now - first.at >= _HELD else first,
        )

    def _hold(self, pair: _Pair, held: _Held) -> None:
        mine = self._mine()
        mine.pop(pair, None)
        mine[pair] = held
        if len(mine) > _MOST_IN_A_TASK:
            del mine[next(iter(mine))]


def _fits(key: Destination, of: Destination) -> bool:
    """An endpoint belongs to one version of the key; the provider's own address is right for all not for an endpoint."""
    return key.endpoint == of.endpoint and (of.endpoint is None or key.version == of.version)


def _withheld(what: str) -> ByokClientError:
    return ByokClientError(
        f"The {what} is withheld: something changed between the call for the key and the call for its endpoint, so that "
        "they do not belong together. Ask for both at once with get_key_and_endpoint_for_user, or try again in five minutes.",
        code="pair_withheld",
    )
