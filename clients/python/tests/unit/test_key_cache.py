"""Released keys in memory: how long, how many, and one call for all who ask at once."""

from __future__ import annotations

import asyncio
from typing import List

import pytest
from stub_service import EMAIL, TOKEN, Reply, Seen, Stub, numbered, released, until

from ops_center_byok_client import ByokClient


async def test_asks_once_for_all_and_for_later_callers_until_cleared(stub: Stub, client: ByokClient) -> None:
    await asyncio.gather(*(client.get_user_api_key(EMAIL, "openai") for _ in range(20)))
    await client.get_user_api_key("Ann@Example.com", "openai")
    assert len(stub.seen) == 1
    for arguments in ((), (EMAIL,), ("ANN@example.com", "openai"), (None, "openai")):
        before = len(stub.seen)
        client.clear_user_key_cache(*arguments)
        await client.get_user_api_key(EMAIL, "openai")
        assert len(stub.seen) == before + 1
    client.clear_user_key_cache("ben@example.com")
    client.clear_user_key_cache(EMAIL, "groq")
    await client.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 5


async def test_keeps_users_and_providers_apart(stub: Stub, client: ByokClient) -> None:
    stub.answer = numbered(stub)
    wanted = [(EMAIL, "openai"), (EMAIL, "groq"), ("ben@example.com", "openai")]
    for _ in range(2):
        keys = [await client.get_user_api_key(*who) for who in wanted]
        assert keys == ["sk-number-1", "sk-number-2", "sk-number-3"]
    assert (await client.get_llm_config_for_user(EMAIL, "openai"))["api_key"] == "sk-number-4"
    assert (await client.get_llm_config_for_user(EMAIL, "groq"))["api_key"] == "sk-number-5"


async def test_use_cache_false_asks_anew_and_others_get_the_newer_key(stub: Stub, client: ByokClient) -> None:
    stub.answer = numbered(stub)
    await client.get_user_api_key(EMAIL, "openai")
    assert await client.get_user_api_key(EMAIL, "openai", False) == "sk-number-2"
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"


async def test_does_not_keep_an_answer_begun_before_the_cache_was_cleared(stub: Stub, client: ByokClient) -> None:
    def answer(seen: Seen) -> Reply:
        number = len(stub.seen)
        if number == 1:
            assert stub.go.wait(10)
        return released(api_key=f"sk-number-{number}")

    stub.answer = answer
    early = asyncio.ensure_future(client.get_user_api_key(EMAIL, "openai"))
    await until(lambda: len(stub.seen) == 1)
    client.clear_user_key_cache(EMAIL)
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"
    stub.go.set()
    assert await early == "sk-number-1"
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"


@pytest.mark.parametrize(("max_age", "limit"), [(40, 40), (86400, 300)])
async def test_counts_the_age_from_when_it_was_asked_for(
    stub: Stub, client: ByokClient, clock: List[float], max_age: int, limit: int
) -> None:
    def answer(seen: Seen) -> Reply:
        # The answer takes ten seconds, which count.
        clock[0] += 10
        return released(max_age_seconds=max_age)

    stub.answer = answer
    await client.get_user_api_key(EMAIL, "openai")
    clock[0] += limit - 10 - 0.001
    await client.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 1
    clock[0] += 0.001
    await client.get_user_api_key(EMAIL, "openai")
    assert len(stub.seen) == 2


async def test_keeps_nothing_of_age_0_and_a_bounded_number(stub: Stub) -> None:
    async with ByokClient(stub.url, service_token=TOKEN, max_cached_keys=2) as client:
        for provider in ("openai", "groq", "openai", "cohere", "openai"):
            await client.get_user_api_key(EMAIL, provider)
        assert len(stub.seen) == 3
        await client.get_user_api_key(EMAIL, "groq")
        assert len(stub.seen) == 4
        stub.answer = lambda seen: released(max_age_seconds=0)
        for _ in range(2):
            await client.get_user_api_key(EMAIL, "together")
        assert len(stub.seen) == 6


async def test_a_caller_who_leaves_takes_nothing_from_the_others(stub: Stub, client: ByokClient) -> None:
    def answer(seen: Seen) -> Reply:
        assert stub.go.wait(10)
        return released()

    stub.answer = answer
    leaving = asyncio.ensure_future(client.get_user_api_key(EMAIL, "openai"))
    staying = asyncio.ensure_future(client.get_user_api_key(EMAIL, "openai"))
    await until(lambda: len(stub.seen) == 1)
    leaving.cancel()
    stub.go.set()
    assert await staying == "sk-users-own-key"
    assert len(stub.seen) == 1
