"""Released keys in memory: how long, how many, and one call for all who ask at once."""

from __future__ import annotations

import asyncio
from typing import List, Optional, Tuple

import pytest
from stub_service import EMAIL, TOKEN, Reply, Seen, Stub, numbered, released, until

from ops_center_byok_client import ByokClient, ByokKeyNotReleasedError


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


async def test_clearing_one_provider_forgets_what_was_chosen_by_preference(stub: Stub, client: ByokClient) -> None:
    stub.answer = numbered(stub, provider="openai", user_id="u-1")
    await client.get_llm_config_for_user(EMAIL, "groq")
    client.clear_user_key_cache(EMAIL, "openai")
    assert (await client.get_llm_config_for_user(EMAIL, "groq"))["api_key"] == "sk-number-2"
    client.clear_user_key_cache(provider="openai")
    assert (await client.get_llm_config_for_user(EMAIL, "groq"))["api_key"] == "sk-number-3"
    client.clear_user_key_cache("ben@example.com", "openai")
    assert (await client.get_llm_config_for_user(EMAIL, "groq"))["api_key"] == "sk-number-3"


@pytest.mark.parametrize("arguments", [(), (EMAIL,), (EMAIL, "openai"), (None, "openai"), ("also-ann@example.com",)])
@pytest.mark.parametrize("preferred", [False, True])
async def test_keeps_no_answer_begun_before_any_kind_of_clear(
    stub: Stub, client: ByokClient, arguments: Tuple[Optional[str], ...], preferred: bool
) -> None:
    async def ask(email: str = EMAIL) -> str:
        if preferred:
            return str((await client.get_llm_config_for_user(email, "openai"))["api_key"])
        return str(await client.get_user_api_key(email, "openai"))

    stub.answer = numbered(stub, user_id="u-1")
    await ask("also-ann@example.com")
    await ask()
    client.clear_user_key_cache(EMAIL, "openai")

    def slow(seen: Seen) -> Reply:
        number = len(stub.seen)
        if number == 3:
            assert stub.go.wait(10)
        return released(api_key=f"sk-number-{number}", user_id="u-1")

    stub.answer = slow
    early = asyncio.ensure_future(ask())
    await until(lambda: len(stub.seen) == 3)
    client.clear_user_key_cache(*arguments)
    assert await ask() == "sk-number-4"
    stub.go.set()
    assert await early == "sk-number-3"
    assert await ask() == "sk-number-4"


async def test_keeps_a_key_under_the_id_that_the_service_names(stub: Stub, client: ByokClient) -> None:
    stub.answer = numbered(stub, user_id="u-1")
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-1"
    # Another address of the same person leads to the same, newer key.
    assert await client.get_user_api_key("also-ann@example.com", "openai") == "sk-number-2"
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"
    client.clear_user_key_cache("also-ann@example.com")
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-3"
    # The address is somebody else's by now, and nothing of its old owner is left behind it.
    stub.answer = numbered(stub, user_id="u-2", max_age_seconds=0)
    assert await client.get_user_api_key(EMAIL, "groq") == "sk-number-4"
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-5"


async def test_an_address_leads_to_its_owner_only_as_long_as_its_own_answer_allows(
    stub: Stub, client: ByokClient, clock: List[float]
) -> None:
    stub.answer = numbered(stub, user_id="u-1", max_age_seconds=5)
    await client.get_user_api_key(EMAIL, "openai")
    clock[0] += 3
    await client.get_user_api_key("also-ann@example.com", "openai")
    clock[0] += 1.9
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-2"
    clock[0] += 0.1
    assert await client.get_user_api_key(EMAIL, "openai") == "sk-number-3"


@pytest.mark.parametrize(
    "spelling",
    ["\u212aate@example.com", "KATE@example.\u212aom", "k\u0061\u030ate@example.com", "\u212bke@example.com"],
)
async def test_a_second_spelling_is_nobody_even_if_it_folds_into_somebody(
    stub: Stub, client: ByokClient, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-system")
    for email in ("kate@example.com", "kate@example.kom", "k\u00e5te@example.com", "\u00e5ke@example.com"):
        await client.get_user_api_key(email, "openai")
    assert await client.get_user_api_key(spelling, "openai") is None
    for call in (client.get_openai_key_for_user, client.get_llm_config_for_user, client.get_anthropic_key_for_user):
        with pytest.raises(ByokKeyNotReleasedError) as caught:
            await call(spelling)
        assert (caught.value.status, caught.value.reason) == (404, "user_not_found")
    client.clear_user_key_cache(spelling)
    await client.get_user_api_key("kate@example.com", "openai")
    assert len(stub.seen) == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ANN@EXAMPLE.com", "ann@example.com", True),
        ("\u00c5KE@example.com", "\u00e5ke@example.com", True),
        ("\u0416@example.com", "\u0436@example.com", True),
        ("\u0391\u0394@example.com", "\u03b1\u03b4@example.com", True),
        # For every Keycloak the ones above are one address; of these, at least some take both for addresses of two.
        ("\u0130da@example.com", "i\u0307da@example.com", False),
        ("stra\u1e9ee@example.com", "stra\u00dfe@example.com", False),
        ("\u0391\u03a3@example.com", "\u03b1\u03c2@example.com", False),
        ("\ua7da@example.com", "\ua7db@example.com", False),
        ("\u2c2f@example.com", "\u2c5f@example.com", False),
        ("\u017fam@example.com", "sam@example.com", False),
        ("\u0131da@example.com", "ida@example.com", False),
        ("\u0130da@example.com", "ida@example.com", False),
        ("\uff21nn@example.com", "ann@example.com", False),
        ("stra\u00dfe@example.com", "strasse@example.com", False),
        ("\ufb01n@example.com", "fin@example.com", False),
        ("\u0391\u03a3@example.com", "\u03b1\u03c3@example.com", False),
    ],
)
async def test_keeps_keys_together_only_for_what_is_one_address_everywhere(
    stub: Stub, client: ByokClient, one: str, other: str, same: bool
) -> None:
    stub.answer = numbered(stub)
    first = await client.get_user_api_key(one, "openai")
    assert (await client.get_user_api_key(other, "openai") == first) is same
