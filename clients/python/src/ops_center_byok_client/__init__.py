"""Users' LLM provider keys from ops-center-byok.

The functions are those of one ``ByokClient`` that is configured by the environment and made by the first call.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, Optional, Union

from ._client import ByokClient
from ._errors import ByokClientError, ByokKeyNotReleasedError, ByokUnavailableError

__all__ = [
    "ByokClient",
    "ByokClientError",
    "ByokKeyNotReleasedError",
    "ByokUnavailableError",
    "clear_user_key_cache",
    "get_anthropic_key_for_user",
    "get_huggingface_token_for_user",
    "get_key_and_endpoint_for_user",
    "get_llm_config_for_user",
    "get_openai_key_for_user",
    "get_user_api_key",
    "get_user_api_key_or_default",
    "get_user_custom_endpoint",
    "get_user_tier_info",
    "increment_usage",
    "record_api_usage",
    "reset_usage",
    "set_subscription_tier",
]

_default: Optional[ByokClient] = None


def _default_client() -> ByokClient:
    global _default
    if _default is None:
        _default = ByokClient()
    return _default


async def get_user_api_key(user_email: str, provider: str, use_cache: bool = True) -> Optional[str]:
    return await _default_client().get_user_api_key(user_email, provider, use_cache)


async def get_user_api_key_or_default(user_email: str, provider: str, fallback_env_var: str) -> str:
    return await _default_client().get_user_api_key_or_default(user_email, provider, fallback_env_var)


async def get_key_and_endpoint_for_user(
    user_email: str, provider: str, fallback_env_var: Optional[str] = None
) -> Dict[str, Any]:
    return await _default_client().get_key_and_endpoint_for_user(user_email, provider, fallback_env_var)


async def get_user_custom_endpoint(user_email: str, provider: str) -> Optional[str]:
    return await _default_client().get_user_custom_endpoint(user_email, provider)


def clear_user_key_cache(user_email: Optional[str] = None, provider: Optional[str] = None) -> None:
    # Before the first call there is no cache yet.
    if _default is not None:
        _default.clear_user_key_cache(user_email, provider)


async def get_openai_key_for_user(user_email: str) -> str:
    return await _default_client().get_openai_key_for_user(user_email)


async def get_anthropic_key_for_user(user_email: str) -> str:
    return await _default_client().get_anthropic_key_for_user(user_email)


async def get_huggingface_token_for_user(user_email: str) -> str:
    return await _default_client().get_huggingface_token_for_user(user_email)


async def get_llm_config_for_user(user_email: str, preferred_provider: str = "openai") -> Dict[str, Any]:
    return await _default_client().get_llm_config_for_user(user_email, preferred_provider)


async def record_api_usage(
    user_email: str, provider: str, tokens_used: int, cost_usd: Union[float, Decimal, str] = 0.0
) -> None:
    await _default_client().record_api_usage(user_email, provider, tokens_used, cost_usd)


async def get_user_tier_info(email: str) -> Dict[str, Any]:
    return await _default_client().get_user_tier_info(email)


async def set_subscription_tier(email: str, tier: str, status: str = "active") -> Dict[str, Any]:
    return await _default_client().set_subscription_tier(email, tier, status)


async def increment_usage(email: str, current_usage: Optional[int] = None, *, amount: int = 1) -> Dict[str, Any]:
    return await _default_client().increment_usage(email, current_usage, amount=amount)


async def reset_usage(email: str) -> Dict[str, Any]:
    return await _default_client().reset_usage(email)


for _function in __all__:
    _method = getattr(ByokClient, _function, None)
    if _method is not None:
        globals()[_function].__doc__ = _method.__doc__
