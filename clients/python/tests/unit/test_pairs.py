"""A key and the endpoint that it is for, asked for by two calls and by one."""

from __future__ import annotations

import asyncio
from typing import Any, Coroutine, List, Optional, Tuple

import pytest
from paired_answers import HOME, OFF, SYSTEM, key_of, own
from stub_service import EMAIL, Reply, Stub, not_released, released

from ops_center_byok_client import ByokClient, ByokClientError


@pytest.fixture(autouse=True)
def system_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SYSTEM)


def answer(stub: Stub, reply: Reply) -> None:
    stub.answer = lambda seen: reply


async def withheld(call: Coroutine[Any, Any, Optional[str]]) -> bool:
    with pytest.raises(ByokClientError) as caught:
        await call
    # No `except ValueError` of an old caller may take it for "no key".
    assert not isinstance(caught.value, ValueError)
    return caught.value.code == "pair_withheld"


async def test_gives_both_in_one_decision(stub: Stub, client: ByokClient) -> None:
    answer(stub, own(3))
    assert await client.get_key_and_endpoint_for_user(EMAIL, "openai") == {
        "api_key": key_of(3, HOME),
        "endpoint": HOME,
        "endpoint_checked": None,
        "provider": "openai",
        "is_byok": True,
        "source": "user",
        "version": 3,
        "user_id": "u-1",
    }
    for checked in (True, False):
        answer(stub, released(api_key="sk-own", endpoint=HOME, endpoint_checked=checked, max_age_seconds=0))
        assert (await client.get_key_and_endpoint_for_user(EMAIL, "openai"))["endpoint_checked"] is checked
    answer(stub, OFF)
    assert await client.get_key_and_endpoint_for_user(EMAIL, "openai") == {
        "api_key": SYSTEM,
        "endpoint": None,
        "endpoint_checked": None,
        "provider": "openai",
        "is_byok": False,
        "source": "system",
        "version": None,
        "user_id": None,
    }
    with pytest.raises(ValueError, match="GROQ_API_KEY is not set either"):
        await client.get_key_and_endpoint_for_user(EMAIL, "groq")
    assert (await client.get_key_and_endpoint_for_user(EMAIL, "custom", "OPENAI_API_KEY"))["api_key"] == SYSTEM


async def test_gives_no_endpoint_after_a_system_key_until_the_users_own_was_given(stub: Stub, client: ByokClient) -> None:
    answer(stub, OFF)
    assert await client.get_openai_key_for_user(EMAIL) == SYSTEM
    answer(stub, own(1))
    assert await withheld(client.get_user_custom_endpoint(EMAIL, "openai"))
    assert await withheld(client.get_user_custom_endpoint(EMAIL, "openai"))
    assert await client.get_openai_key_for_user(EMAIL) == key_of(1, HOME)
    assert await client.get_user_custom_endpoint(EMAIL, "openai") == HOME


@pytest.mark.parametrize(
    "later",
    [OFF, own(2, "https://other.example.com"), own(2), own(2, None), not_released("user_not_found")],
    ids=["off", "other endpoint", "same endpoint", "own address", "account gone"],
)
async def test_raises_and_does_not_say_none_where_the_key_was_another(stub: Stub, client: ByokClient, later: Reply) -> None:
    answer(stub, own(1))
    await client.get_user_api_key(EMAIL, "openai")
    answer(stub, later)
    assert await withheld(client.get_user_custom_endpoint(EMAIL, "openai"))


async def test_withholds_every_key_not_for_the_endpoint_given_first(stub: Stub, client: ByokClient) -> None:
    answer(stub, own(1))
    assert await client.get_user_custom_endpoint(EMAIL, "openai") == HOME
    for reply in (OFF, own(2, None), own(3, "https://other.example.com"), Reply(cut=True)):
        answer(stub, reply)
        assert await withheld(client.get_openai_key_for_user(EMAIL))
    answer(stub, OFF)
    # A caller who is told that there is none takes another one.
    assert await withheld(client.get_user_api_key(EMAIL, "openai"))
    answer(stub, own(4))
    assert await client.get_openai_key_for_user(EMAIL) == key_of(4, HOME)
    answer(stub, OFF)
    assert await client.get_openai_key_for_user(EMAIL) == SYSTEM


async def test_withholds_a_key_for_an_endpoint_where_its_own_address_was_given(stub: Stub, client: ByokClient) -> None:
    answer(stub, OFF)
    assert await client.get_user_custom_endpoint(EMAIL, "openai") is None
    answer(stub, own(1))
    assert await withheld(client.get_openai_key_for_user(EMAIL))
    assert (await client.get_key_and_endpoint_for_user(EMAIL, "openai"))["endpoint"] == HOME


async def test_keeps_people_and_providers_apart(stub: Stub, client: ByokClient) -> None:
    answer(stub, OFF)
    assert await client.get_openai_key_for_user("ANN@example.com") == SYSTEM
    answer(stub, own(1))
    assert await client.get_user_custom_endpoint("ben@example.com", "openai") == HOME
    assert await client.get_user_custom_endpoint(EMAIL, "groq") == HOME
    assert await withheld(client.get_user_custom_endpoint("ann@example.com", "openai"))


async def test_compares_with_the_last_five_minutes(stub: Stub, client: ByokClient, clock: List[float]) -> None:
    answer(stub, OFF)
    await client.get_openai_key_for_user(EMAIL)
    answer(stub, own(1))
    clock[0] += 299.9
    assert await withheld(client.get_user_custom_endpoint(EMAIL, "openai"))
    clock[0] += 0.1
    assert await client.get_user_custom_endpoint(EMAIL, "openai") == HOME
    answer(stub, OFF)
    clock[0] += 299.9
    assert await withheld(client.get_openai_key_for_user(EMAIL))
    clock[0] += 0.1
    assert await client.get_openai_key_for_user(EMAIL) == SYSTEM


async def test_one_task_is_not_judged_by_another(stub: Stub, client: ByokClient) -> None:
    answer(stub, OFF)

    async def with_system_key(held: asyncio.Event) -> Optional[str]:
        await client.get_openai_key_for_user(EMAIL)
        await held.wait()
        return await client.get_user_custom_endpoint(EMAIL, "openai")

    held = asyncio.Event()
    early = asyncio.ensure_future(with_system_key(held))
    while not stub.seen:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    answer(stub, own(1))

    async def with_own_key() -> Tuple[str, Optional[str]]:
        key = await client.get_openai_key_for_user(EMAIL)
        return key, await client.get_user_custom_endpoint(EMAIL, "openai")

    assert await asyncio.ensure_future(with_own_key()) == (key_of(1, HOME), HOME)
    held.set()
    with pytest.raises(ByokClientError, match="withheld"):
        await early


async def test_calls_in_tasks_of_their_own_are_compared_too(stub: Stub, client: ByokClient) -> None:
    answer(stub, own(1))
    assert await asyncio.ensure_future(client.get_user_custom_endpoint(EMAIL, "openai")) == HOME
    answer(stub, OFF)
    assert await withheld(asyncio.wait_for(client.get_openai_key_for_user(EMAIL), 5))


async def test_says_what_is_withheld_and_what_to_do(stub: Stub, client: ByokClient) -> None:
    why = (
        "is withheld: something changed between the call for the key and the call for its endpoint, so that they do not "
        "belong together. Ask for both at once with get_key_and_endpoint_for_user, or try again in five minutes."
    )
    answer(stub, own(1))
    assert await client.get_user_custom_endpoint(EMAIL, "openai") == HOME
    answer(stub, OFF)
    with pytest.raises(ByokClientError) as key:
        await client.get_openai_key_for_user(EMAIL)
    assert str(key.value) == f"The key {why}"
    answer(stub, own(1))
    await client.get_openai_key_for_user(EMAIL)
    answer(stub, OFF)
    with pytest.raises(ByokClientError) as endpoint:
        await client.get_user_custom_endpoint(EMAIL, "openai")
    assert str(endpoint.value) == f"The endpoint {why}"
    assert (endpoint.value.code, endpoint.value.status, endpoint.value.reason) == ("pair_withheld", None, None)
