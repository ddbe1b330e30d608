"""A client of the key service, with the helpers under the names that services know."""

from __future__ import annotations

import logging
import os
import uuid
from decimal import Decimal
from types import TracebackType
from typing import Any, Dict, Optional, Type, Union
from urllib.parse import quote

from ._errors import ByokClientError, ByokKeyNotReleasedError, ByokUnavailableError
from ._key_cache import ReleasedKey
from ._released_keys import ReleasedKeys
from ._service_calls import ServiceCalls
from ._settings import read_settings

logger = logging.getLogger("ops_center_byok_client")

# Provider and variable of its system key, in the order in which they are tried.
_SYSTEM_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "together": "TOGETHER_API_KEY",
    "groq": "GROQ_API_KEY",
}


class ByokClient:
    """Each argument has a variable of the environment behind it or a default.

    ``allow_insecure_http`` accepts ``http://`` to other machines: keys and tokens then travel in plain text. ``timeout``
    is the longest time of one call in seconds, its retry and sign-in included. Raises ``ByokClientError``
    (``not_configured``) where neither arguments nor environment say enough.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        *,
        service_token: Optional[str] = None,
        token_url: Optional[str] = None,
        client_id: Optional[str] = None,
        client_secret: Optional[str] = None,
        allow_insecure_http: Optional[bool] = None,
        timeout: float = 5.0,
        max_cached_keys: int = 1000,
    ) -> None:
        settings = read_settings(
            url, service_token, token_url, client_id, client_secret, allow_insecure_http, timeout, max_cached_keys
        )
        self._calls = ServiceCalls(settings)
        self._keys = ReleasedKeys(self._calls, max_cached_keys)

    async def __aenter__(self) -> ByokClient:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections of the running event loop and forgets every key."""
        self._keys.clear()
        await self._calls.aclose()

    async def get_user_api_key(self, user_email: str, provider: str, use_cache: bool = True) -> Optional[str]:
        """The user's key, or None where there is none to use.

        ``use_cache=False`` asks the service anew, after a provider refused a key for example. Raises where the account
        is disabled, so that no system key takes the place of that answer.
        """
        key = await self._own_key(user_email, provider, use_cache)
        return None if key is None else key.api_key

    async def get_user_api_key_or_default(self, user_email: str, provider: str, fallback_env_var: str) -> str:
        """The user's key, else the system's from that variable, also when the service cannot be reached. Else raises."""
        try:
            return (await self._keys.release(user_email, provider=provider)).api_key
        except (ByokUnavailableError, ByokKeyNotReleasedError) as error:
            if not self._may_fall_back(user_email, error):
                raise
            problem = error
        system_key = os.environ.get(fallback_env_var)
        if not system_key:
            raise _with_more(problem, f"{fallback_env_var} is not set either.")
        _log_fallback(problem, fallback_env_var)
        return system_key

    async def get_user_custom_endpoint(self, user_email: str, provider: str) -> Optional[str]:
        """The address that the user's key is for; None where it is the provider's own, or there is no key."""
        key = await self._own_key(user_email, provider, True)
        return None if key is None else key.endpoint

    def clear_user_key_cache(self, user_email: Optional[str] = None, provider: Optional[str] = None) -> None:
        """Forgets keys: all, a user's, or a user's for one provider. An answer under way is not kept either."""
        self._keys.clear(user_email, provider)

    async def get_openai_key_for_user(self, user_email: str) -> str:
        """Else ``OPENAI_API_KEY``."""
        return await self.get_user_api_key_or_default(user_email, "openai", "OPENAI_API_KEY")

    async def get_anthropic_key_for_user(self, user_email: str) -> str:
        """Else ``ANTHROPIC_API_KEY``."""
        return await self.get_user_api_key_or_default(user_email, "anthropic", "ANTHROPIC_API_KEY")

    async def get_huggingface_token_for_user(self, user_email: str) -> str:
        """Else ``HUGGINGFACE_TOKEN``."""
        return await self.get_user_api_key_or_default(user_email, "huggingface", "HUGGINGFACE_TOKEN")

    async def get_llm_config_for_user(self, user_email: str, preferred_provider: str = "openai") -> Dict[str, Any]:
        """``{"api_key", "provider", "endpoint", "is_byok"}``.

        The user's key of the preferred provider, else the user's for openai, anthropic, together or groq; else a system
        key of the service; else one of this process, in the same order. Else raises.
        """
        try:
            key = await self._keys.release(user_email, preferred=preferred_provider)
            return {
                "api_key": key.api_key,
                "provider": key.provider,
                "endpoint": key.endpoint,
                "is_byok": key.is_byok,
            }
        except (ByokUnavailableError, ByokKeyNotReleasedError) as error:
            if not self._may_fall_back(user_email, error):
                raise
            problem = error
        for provider, name in _SYSTEM_KEYS.items():
            system_key = os.environ.get(name)
            if system_key:
                _log_fallback(problem, name)
                return {"api_key": system_key, "provider": provider, "endpoint": None, "is_byok": False}
        raise _with_more(problem, f"None of {', '.join(_SYSTEM_KEYS.values())} is set either.")

    async def record_api_usage(
        self, user_email: str, provider: str, tokens_used: int, cost_usd: Union[float, Decimal, str] = 0.0
    ) -> None:
        """Writes down what a call to a provider cost. Repeated by itself where that is needed, and counted once."""
        event_id = str(uuid.uuid4())
        event = {
            "id": event_id,
            "user": {"email": user_email},
            "provider": provider,
            "tokens_used": tokens_used,
            "cost_usd": _money(cost_usd),
        }
        headers = {"Idempotency-Key": event_id}
        _refuse_rejected(await self._calls.send("POST", "/usage", {"events": [event]}, headers=headers, repeatable=True))

    async def get_user_tier_info(self, email: str) -> Dict[str, Any]:
        """Tier and usage as the service answers them, the tier under its old names too."""
        return _tier_info(await self._calls.send("GET", f"{_user(email)}/tier", repeatable=True))

    async def set_subscription_tier(self, email: str, tier: str, status: str = "active") -> Dict[str, Any]:
        """Answers what ``get_user_tier_info`` does."""
        body = {"tier": tier, "status": status}
        return _tier_info(await self._calls.send("PUT", f"{_user(email)}/tier", body, repeatable=False))

    async def increment_usage(
        self, email: str, current_usage: Optional[int] = None, *, amount: int = 1
    ) -> Dict[str, Any]:
        """Counts calls of the user; a new day begins at 0. Never repeated by itself.

        ``current_usage`` is what callers of the old helper may pass: the service knows it and does not need it.
        """
        path = f"{_user(email)}/usage/increment"
        return await self._calls.send("POST", path, {"amount": amount}, repeatable=False)

    async def reset_usage(self, email: str) -> Dict[str, Any]:
        return await self._calls.send("POST", f"{_user(email)}/usage/reset", {}, repeatable=False)

    async def _own_key(self, email: str, provider: str, use_cache: bool) -> Optional[ReleasedKey]:
        if not use_cache:
            self._keys.clear(email, provider)
        try:
            return await self._keys.release(email, provider=provider)
        except ByokKeyNotReleasedError as error:
            if error.reason == "user_disabled":
                raise
            return None

    def _may_fall_back(self, email: str, error: ByokClientError) -> bool:
        if isinstance(error, ByokUnavailableError):
            # The last answer was that the account is disabled: nothing may stand in for it.
            return not self._keys.disabled_lately(email)
        return error.reason != "user_disabled"


def _refuse_rejected(answer: Dict[str, Any]) -> None:
    """A batch is accepted as a whole and says of each event what became of it."""
    results = answer.get("results")
    first = results[0] if isinstance(results, list) and results else None
    if isinstance(first, dict) and first.get("status") == "rejected":
        message = "The key service did not record this usage."
        raise ByokClientError(message, code="usage_rejected", status=200, reason=str(first.get("reason")))


def _with_more(error: ByokClientError, more: str) -> ByokClientError:
    return type(error)(
        f"{error} {more}",
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        retry_after=error.retry_after,
        reason=error.reason,
    )


def _log_fallback(error: ByokClientError, variable: str) -> None:
    if isinstance(error, ByokUnavailableError):
        logger.warning("%s Using the system key in %s.", error, variable)


def _user(email: str) -> str:
    return f"/users/{quote(email, safe='')}"


def _tier_info(answer: Dict[str, Any]) -> Dict[str, Any]:
    return {**answer, "subscription_tier": answer.get("tier"), "subscription_status": answer.get("status")}


def _money(cost: Union[float, Decimal, str]) -> str:
    return format(Decimal(str(cost)), "f")
