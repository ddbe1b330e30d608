"""Every helper by its old name, where nobody answers."""

from __future__ import annotations

import os

import pytest

from ops_center_byok_client import (
    ByokUnavailableError,
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


async def test_system_keys_from_the_environment() -> None:
    assert await get_openai_key_for_user(OWNER) == os.environ["OPENAI_API_KEY"]
    assert await get_anthropic_key_for_user(OWNER) == os.environ["ANTHROPIC_API_KEY"]
    assert await get_huggingface_token_for_user(OWNER) == os.environ["HUGGINGFACE_TOKEN"]
    assert await get_user_api_key_or_default(OWNER, "openai", "OPENAI_API_KEY") == os.environ["OPENAI_API_KEY"]
    assert await get_llm_config_for_user(OWNER, "groq") == {
        "api_key": os.environ["OPENAI_API_KEY"],
        "provider": "openai",
        "endpoint": None,
        "is_byok": False,
    }
    clear_user_key_cache(OWNER)


async def test_what_only_the_service_knows_raises() -> None:
    for call in (
        get_user_api_key(OWNER, "openai"),
        get_user_custom_endpoint(OWNER, "openai"),
        get_user_api_key_or_default(OWNER, "openai", "NO_SUCH_VARIABLE"),
        record_api_usage(OWNER, "openai", 1200, 0.0125),
        get_user_tier_info(OWNER),
        set_subscription_tier(OWNER, "professional"),
        increment_usage(OWNER),
        reset_usage(OWNER),
    ):
        with pytest.raises(ByokUnavailableError):
            await call
