"""Tasks of a program, and what each was given or what was withheld from it: for tests of pairing without a service."""

from __future__ import annotations

import asyncio
from typing import Awaitable, Callable, List

from ops_center_byok_client import ByokClientError
from ops_center_byok_client._pairings import Pairings
from ops_center_byok_client._released_key import Destination

HOME = Destination("https://home.example/v1", 1)
AWAY = Destination("https://away.example/v1", 2)
Step = Callable[[], None]


class World:
    """Everything is about one person and provider, unless another person is named."""

    def __init__(self) -> None:
        self.pairings = Pairings(100)

    def key(self, of: Destination, person: str = "ann") -> str:
        return self._outcome(lambda: self.pairings.give_key(person, "openai", of))

    def both(self, of: Destination, person: str = "ann") -> str:
        return self._outcome(lambda: self.pairings.give_both(person, "openai", of))

    def endpoint(self, of: Destination, person: str = "ann") -> str:
        return self._outcome(lambda: self.pairings.give_endpoint(person, "openai", of))

    def _outcome(self, step: Step) -> str:
        try:
            step()
        except ByokClientError as error:
            assert error.code == "pair_withheld"
            words = str(error).split()
            assert words[0] == "The" and words[2:4] == ["is", "withheld:"]
            assert "get_key_and_endpoint_for_user" in str(error)
            return words[1]
        return "given"


async def alone(*steps: Callable[[], str]) -> List[str]:
    """What one task of which nothing is known is given, call after call."""

    async def task() -> List[str]:
        return [step() for step in steps]

    return await asyncio.ensure_future(task())


class Flow:
    """A task that goes on between the steps of others."""

    def __init__(self) -> None:
        self._steps: asyncio.Queue[Callable[[], str]] = asyncio.Queue()
        self._outcomes: asyncio.Queue[str] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while True:
            step = await self._steps.get()
            self._outcomes.put_nowait(step())

    async def __call__(self, step: Callable[[], str]) -> str:
        self._steps.put_nowait(step)
        return await self._outcomes.get()

    def end(self) -> None:
        self._task.cancel()


async def with_flows(body: Callable[[Flow, Flow], Awaitable[None]]) -> None:
    one, other = Flow(), Flow()
    try:
        await body(one, other)
    finally:
        one.end()
        other.end()
