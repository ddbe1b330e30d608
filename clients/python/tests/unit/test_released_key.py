"""A key as the service released it, and who could have none a moment ago."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from stub_service import EMAIL, Stub, not_released, released

from ops_center_byok_client import ByokClient, ByokClientError, ByokKeyNotReleasedError
from ops_center_byok_client._released_key import read_released_key

ANSWER: Dict[str, Any] = {"api_key": "sk-1", "provider": "openai", "is_byok": True, "max_age_seconds": 60}


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ({}, ("user", None, None, None, None)),
        ({"is_byok": False}, ("system", None, None, None, None)),
        (
            {"source": "agent", "version": 3, "user_id": "u-1", "endpoint": "https://a", "endpoint_checked": False},
            ("agent", 3, "u-1", "https://a", False),
        ),
        ({"source": 7, "version": "3", "user_id": "", "endpoint_checked": "yes"}, ("user", None, None, None, None)),
        ({"user_id": 7, "endpoint": None, "endpoint_checked": True}, ("user", None, None, None, True)),
    ],
)
def test_says_what_is_there(more: Dict[str, Any], read: Any) -> None:
    key = read_released_key({**ANSWER, **more})
    assert (key.api_key, key.provider, key.max_age_seconds) == ("sk-1", "openai", 60)
    assert (
        key.source,
        key.destination.version,
        key.user_id,
        key.destination.endpoint,
        key.endpoint_checked,
    ) == read


@pytest.mark.parametrize(
    "more",
    [
        {"api_key": ""},
        {"api_key": 7},
        {"api_key": None},
        {"provider": None},
        {"endpoint": 7},
        {"is_byok": "true"},
        {"is_byok": None},
        {"max_age_seconds": "60"},
        {"max_age_seconds": True},
        {"max_age_seconds": float("nan")},
        {"max_age_seconds": float("inf")},
    ],
)
def test_is_refused_in_another_form(more: Dict[str, Any]) -> None:
    with pytest.raises(ByokClientError, match="^The key service released a key in a form that this client") as caught:
        read_released_key({**ANSWER, **more})
    assert (caught.value.code, caught.value.status) == ("unexpected_answer", 200)
    assert "sk-1" not in str(caught.value)


SYSTEM: Dict[str, Any] = {"api_key": "sk-system", "is_byok": False, "source": "system", "max_age_seconds": 60}


async def _refused(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: not_released("account_disabled")
    with pytest.raises(ByokKeyNotReleasedError):
        await client.get_llm_config_for_user(EMAIL, "openai")


async def test_no_system_key_of_a_service_that_cannot_look_for_five_minutes(
    stub: Stub, client: ByokClient, clock: List[float]
) -> None:
    await _refused(stub, client)
    stub.answer = lambda seen: released(**SYSTEM, reason="directory_unavailable")
    clock[0] += 299.9
    with pytest.raises(ByokKeyNotReleasedError, match="^A moment ago this account could have no key") as caught:
        await client.get_llm_config_for_user(EMAIL, "openai")
    assert (caught.value.code, caught.value.status, caught.value.reason) == ("key_not_released", 404, "account_disabled")
    clock[0] += 0.1
    assert (await client.get_llm_config_for_user(EMAIL, "openai"))["api_key"] == "sk-system"


async def test_the_word_of_a_service_that_has_looked_counts(stub: Stub, client: ByokClient) -> None:
    await _refused(stub, client)
    stub.answer = lambda seen: released(**SYSTEM, reason="no_key")
    assert (await client.get_llm_config_for_user(EMAIL, "openai"))["api_key"] == "sk-system"


async def test_an_address_that_means_nobody_is_told_as_the_service_would(client: ByokClient) -> None:
    with pytest.raises(ByokKeyNotReleasedError, match="^There is no such user.$") as caught:
        await client.get_llm_config_for_user("\u212aate@example.com", "openai")
    assert (caught.value.code, caught.value.status, caught.value.reason) == ("key_not_released", 404, "user_not_found")
