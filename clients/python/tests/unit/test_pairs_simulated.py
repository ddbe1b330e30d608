"""Callers that ask for keys and endpoints in every order, while keys are switched, replaced and expire."""

from __future__ import annotations

import asyncio
import random
from typing import Any, Callable, Coroutine, List, Optional, Tuple

import pytest
from paired_answers import OFF, SYSTEM, own
from stub_service import EMAIL, Reply, Seen, Stub

from ops_center_byok_client import ByokClient, ByokClientError


@pytest.fixture(autouse=True)
def system_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SYSTEM)


async def test_never_pairs_a_key_with_an_endpoint_it_is_not_for(stub: Stub, client: ByokClient, clock: List[float]) -> None:
    draw = random.Random(20_261_130)
    state = [own(1)]
    version = [1]

    def reply(seen: Seen) -> Reply:
        if draw.random() < 0.15:
            version[0] += 1
            endpoint = None if draw.random() < 0.3 else f"https://{draw.randrange(3)}.example.com"
            age = 60 if draw.random() < 0.5 else 0
            state[0] = OFF if draw.random() < 0.4 else own(version[0], endpoint, age)
        if draw.random() < 0.1:
            clock[0] += draw.random() * 20
        return state[0]

    async def key_first() -> Tuple[str, Optional[str]]:
        key = await client.get_openai_key_for_user(EMAIL)
        await asyncio.sleep(0)
        return key, await client.get_user_custom_endpoint(EMAIL, "openai")

    async def endpoint_first() -> Tuple[str, Optional[str]]:
        endpoint = await client.get_user_custom_endpoint(EMAIL, "openai")
        await asyncio.sleep(0)
        return await client.get_openai_key_for_user(EMAIL), endpoint

    async def at_once() -> Tuple[str, Optional[str]]:
        both = await client.get_key_and_endpoint_for_user(EMAIL, "openai")
        return both["api_key"], both["endpoint"]

    async def pair_then_endpoint() -> Tuple[str, Optional[str]]:
        both = await client.get_key_and_endpoint_for_user(EMAIL, "openai")
        await asyncio.sleep(0)
        return both["api_key"], await client.get_user_custom_endpoint(EMAIL, "openai")

    async def config_then_endpoint() -> Tuple[str, Optional[str]]:
        config = await client.get_llm_config_for_user(EMAIL, "openai")
        await asyncio.sleep(0)
        return config["api_key"], await client.get_user_custom_endpoint(EMAIL, "openai")

    every = [key_first, endpoint_first, at_once, pair_then_endpoint, config_then_endpoint]

    async def anyhow() -> Tuple[str, Optional[str]]:
        # A service that keeps to no order, all in one task.
        return await draw.choice(every)()

    counts = {"own": 0, "system": 0, "withheld": 0}

    async def caller(ask: Callable[[], Coroutine[Any, Any, Tuple[str, Optional[str]]]]) -> None:
        for _ in range(60):
            if draw.random() < 0.1:
                client.clear_user_key_cache(EMAIL, "openai")
            begun = clock[0]
            try:
                key, endpoint = await ask()
            except ByokClientError as error:
                assert error.code == "pair_withheld"
                counts["withheld"] += 1
                continue
            # Nobody may go on with a key for longer.
            if clock[0] - begun >= 300:
                continue
            right = "its own address" if key == SYSTEM else key.split(" ", 2)[2]
            assert (key, endpoint or "its own address") == (key, right)
            counts["system" if key == SYSTEM else "own"] += 1

    stub.answer = reply
    await asyncio.gather(*(caller(ask) for ask in (*every, key_first, endpoint_first, anyhow, anyhow)))
    assert min(counts.values()) > 6, counts
