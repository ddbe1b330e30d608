"""What is remembered of keys and endpoints that were given, for whom, and how much of it."""

from __future__ import annotations

import asyncio
from typing import Optional

import pytest

from ops_center_byok_client import ByokClientError
from ops_center_byok_client._pairings import Pairings
from ops_center_byok_client._released_key import OWN_ADDRESS, Destination

HOME = "https://llm.example.com/v1"


async def _key(pairings: Pairings, of: Destination, person: str = "ann") -> None:
    pairings.give_key(person, "openai", of)


async def _endpoint(pairings: Pairings, of: Destination, person: str = "ann") -> None:
    pairings.give_endpoint(person, "openai", of)


async def test_what_is_remembered_is_bounded_and_the_oldest_goes_first() -> None:
    pairings = Pairings(2)
    theirs = Destination(HOME, 1)
    for person in ("ann", "ben", "ann", "cid"):
        await asyncio.ensure_future(_key(pairings, OWN_ADDRESS, person))
    await asyncio.ensure_future(_endpoint(pairings, theirs, "ben"))
    for person in ("ann", "cid"):
        with pytest.raises(ByokClientError, match="endpoint is withheld"):
            await asyncio.ensure_future(_endpoint(pairings, theirs, person))


async def test_endpoints_that_wait_are_bounded_too() -> None:
    pairings = Pairings(2)
    others = [asyncio.ensure_future(_endpoint(pairings, OWN_ADDRESS, "ann")) for _ in range(2)]
    await asyncio.gather(*others)
    for number in range(33):
        pairings.give_endpoint("ben", "openai", Destination(f"https://{number}.example.com", 1))
        waiting = pairings._endpoints._pairs[("ben", "openai")]
        # One task waits for one endpoint: the last that it was given.
        assert list(waiting) == [f"https://{number}.example.com"]
    for number in range(33):
        of = Destination(f"https://{number}.example.com", 1)
        await asyncio.ensure_future(_endpoint(pairings, of, "cid"))
    waiting = pairings._endpoints._pairs[("cid", "openai")]
    assert len(waiting) == 32
    assert "https://0.example.com" not in waiting and "https://32.example.com" in waiting


async def test_a_task_remembers_what_it_was_given_last() -> None:
    pairings = Pairings(100)
    for number in range(33):
        pairings.give_key(f"person-{number}", "openai", Destination(HOME, 1))
    task = asyncio.current_task()
    assert task is not None
    mine = pairings._tasks[task]
    assert len(mine) == 32
    assert ("person-0", "openai") not in mine and ("person-1", "openai") in mine
    # Given again, it is the last to go.
    pairings.give_key("person-1", "openai", Destination(HOME, 1))
    pairings.give_key("person-33", "openai", Destination(HOME, 1))
    assert ("person-1", "openai") in mine and ("person-2", "openai") not in mine


async def test_who_took_both_halves_keeps_nobody_from_anything() -> None:
    pairings = Pairings(10)
    theirs, other = Destination(HOME, 1), Destination("https://other.example.com", 2)

    async def take(first: Destination, key_first: bool) -> None:
        if key_first:
            pairings.give_key("ann", "openai", first)
            pairings.give_endpoint("ann", "openai", first)
        else:
            pairings.give_endpoint("ann", "openai", first)
            pairings.give_key("ann", "openai", first)

    for key_first in (True, False):
        await asyncio.ensure_future(take(theirs, key_first))
        await asyncio.ensure_future(take(other, key_first))
        await asyncio.ensure_future(take(OWN_ADDRESS, key_first))
    assert not pairings._keys._pairs and not pairings._endpoints._pairs


async def test_two_who_hold_the_same_wait_until_both_are_through() -> None:
    pairings = Pairings(10)
    theirs, other = Destination(HOME, 1), Destination("https://other.example.com", 2)
    held = asyncio.Event()

    async def take(until: Optional[asyncio.Event]) -> None:
        pairings.give_key("ann", "openai", theirs)
        if until is not None:
            await until.wait()
        pairings.give_endpoint("ann", "openai", theirs)

    late = asyncio.ensure_future(take(held))
    await asyncio.sleep(0)
    await asyncio.ensure_future(take(None))
    with pytest.raises(ByokClientError, match="endpoint is withheld"):
        await asyncio.ensure_future(_endpoint(pairings, other))
    held.set()
    await late
    await asyncio.ensure_future(_endpoint(pairings, other))


async def test_an_endpoint_belongs_to_one_version_of_the_key_and_its_own_address_to_all() -> None:
    pairings = Pairings(10)
    pairings.give_key("ann", "openai", Destination(HOME, 1))
    with pytest.raises(ByokClientError):
        pairings.give_endpoint("ann", "openai", Destination(HOME, 2))
    pairings.give_endpoint("ann", "openai", Destination(HOME, 1))
    pairings.give_key("ben", "openai", Destination(None, 1))
    pairings.give_endpoint("ben", "openai", Destination(None, 2))
