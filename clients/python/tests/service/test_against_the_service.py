"""Every helper by its old name, against a running service. The repository's tests start it and say where it is."""

from __future__ import annotations

import asyncio
import os

import pytest

from ops_center_byok_client import (
    ByokKeyNotReleasedError,
    clear_user_key_cache,
    get_anthropic_key_for_user,
    get_huggingface_token_for_user,
    get_llm_config_for_user,
    get_openai_key_for_user,
    get_user_api_key,
    get_user_api_key_or_default,
    get_user_custom_endpoint,
    get_user_tier_info,
    increment_usage,
    record_api_usage,
    reset_usage,
    set_subscription_tier,
)

OWNER = os.environ["TEST_OWNER"]
OTHER = os.environ["TEST_OTHER"]
DISABLED = os.environ["TEST_DISABLED"]
KEY = os.environ["TEST_KEY"]
ENDPOINT = os.environ["TEST_ENDPOINT"]


async def test_keys() -> None:
    assert await get_user_api_key(OWNER, "openai") == KEY
    assert await get_user_api_key(OWNER, "openai", use_cache=False) == KEY
    assert await get_user_api_key(OTHER, "openai") is None
    assert await get_user_api_key("nobody@example.com", "openai") is None
    assert await get_user_custom_endpoint(OWNER, "openai") == ENDPOINT
    assert await get_user_custom_endpoint(OTHER, "openai") is None
    clear_user_key_cache(OWNER, "openai")
    clear_user_key_cache(OWNER)
    clear_user_key_cache()
    assert await get_openai_key_for_user(OWNER) == KEY


async def test_system_keys() -> None:
    assert await get_openai_key_for_user(OTHER) == os.environ["OPENAI_API_KEY"]
    assert await get_anthropic_key_for_user(OWNER) == os.environ["ANTHROPIC_API_KEY"]
    assert await get_huggingface_token_for_user(OWNER) == os.environ["HUGGINGFACE_TOKEN"]
    assert await get_user_api_key_or_default(OWNER, "openai", "NO_SUCH_VARIABLE") == KEY
    with pytest.raises(ValueError):
        await get_user_api_key_or_default(OTHER, "cohere", "NO_SUCH_VARIABLE")


async def test_llm_config() -> None:
    own = {"api_key": KEY, "provider": "openai", "endpoint": ENDPOINT, "is_byok": True}
    assert await get_llm_config_for_user(OWNER) == own
    assert await get_llm_config_for_user(OWNER, preferred_provider="groq") == own
    assert await get_llm_config_for_user(OTHER, "groq") == {
        "api_key": os.environ["OPENAI_API_KEY"],
        "provider": "openai",
        "endpoint": None,
        "is_byok": False,
    }


async def test_a_disabled_account() -> None:
    for call in (get_openai_key_for_user, get_llm_config_for_user):
        with pytest.raises(ByokKeyNotReleasedError) as caught:
            await call(DISABLED)
        assert caught.value.reason == "user_disabled"


async def test_usage() -> None:
    await record_api_usage(OWNER, "openai", tokens_used=1200, cost_usd=0.0125)
    await reset_usage(OTHER)
    counts = await asyncio.gather(*(increment_usage(OTHER) for _ in range(10)))
    assert sorted(count["api_calls_used"] for count in counts) == list(range(1, 11))
    assert (await reset_usage(OTHER))["api_calls_used"] == 0


async def test_tier() -> None:
    assert (await get_user_tier_info(OTHER))["subscription_tier"] == "starter"
    assert await set_subscription_tier(OTHER, "professional")
    info = await get_user_tier_info(OTHER)
    assert (info["email"], info["subscription_tier"], info["subscription_status"]) == (OTHER, "professional", "active")
    assert await set_subscription_tier(OTHER, "starter", status="active")
