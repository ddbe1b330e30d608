"""A client of the key service, with the helpers under the names that services know."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from decimal import Decimal
from types import TracebackType
from typing import Any, Dict, Iterator, Optional, Tuple, Type, Union

from ._email_address import person_of
from ._errors import ByokKeyNotReleasedError
from ._key_choice import VARIABLES, KeyChoice
from ._pairings import Pairings
from ._released_key import OWN_ADDRESS, Destination
from ._released_keys import ReleasedKeys
from ._service_calls import ServiceCalls
from ._settings import read_settings
from ._usage import money, refuse_rejected, tier_info, user_path

# Pairs of person and provider that are remembered, for each key that may be kept.
_PAIRS_FOR_A_KEY = 10


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
        self._choice = KeyChoice(self._keys)
        self._pairings = Pairings(max_cached_keys * _PAIRS_FOR_A_KEY)

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

        ``use_cache=False`` asks the service again, after a provider refused a key for example. Raises where the account
        is disabled or its address cannot be relied on, so that no system key takes its place, and with the code
        ``pair_withheld`` where ``get_user_custom_endpoint`` has given an endpoint that is not for this key.
        """
        if not use_cache:
            self._keys.clear(user_email, provider)
        with self._no_key(user_email, provider):
            key = await self._choice.own_key(user_email, provider)
        # A caller who is told that there is none takes another one, for the provider's own address.
        self._give_key(user_email, provider, OWN_ADDRESS if key is None else key.destination)
        return None if key is None else key.api_key

    async def get_user_api_key_or_default(self, user_email: str, provider: str, fallback_env_var: str) -> str:
        """The user's key, else the system's from that variable, also when the service cannot be reached. Else raises,

        as it does where the account is unknown, deleted or disabled, and with ``pair_withheld``.
        """
        with self._no_key(user_email, provider):
            api_key, of, _ = await self._choice.key_or_default(user_email, provider, fallback_env_var)
        self._give_key(user_email, provider, of)
        return api_key

    async def get_key_and_endpoint_for_user(
        self, user_email: str, provider: str, fallback_env_var: Optional[str] = None
    ) -> Dict[str, Any]:
        """``{"api_key", "endpoint", "endpoint_checked", "provider", "is_byok", "source", "version", "user_id"}``: one decision.

        The user's key for this provider with the endpoint that it is for, else the system's from that variable, also
        when the service cannot be reached; left out, the provider's usual variable. Else raises. What it answers belongs
        together, whatever changes.
        """
        variable = fallback_env_var or VARIABLES.get(provider)
        with self._no_key(user_email, provider):
            api_key, of, key = await self._choice.key_or_default(user_email, provider, variable)
        self._give_both(user_email, provider, of)
        return {
            "api_key": api_key,
            "endpoint": of.endpoint,
            "endpoint_checked": None if key is None else key.endpoint_checked,
            "provider": provider,
            "is_byok": key is not None and key.is_byok,
            "source": "system" if key is None else key.source,
            "version": of.version,
            "user_id": None if key is None else key.user_id,
        }

    async def get_user_custom_endpoint(self, user_email: str, provider: str) -> Optional[str]:
        """The address that the user's key is for; None where it is the provider's own, or there is no key.

        Raises with the code ``pair_withheld`` where the key that was given is another one. Better:
        ``get_key_and_endpoint_for_user``.
        """
        key = await self._choice.own_key(user_email, provider)
        of = OWN_ADDRESS if key is None else key.destination
        self._pairings.give_endpoint(person_of(user_email) or user_email, provider, of)
        return of.endpoint

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
        with self._no_key(user_email, preferred_provider):
            api_key, provider, of, is_byok = await self._choice.any_key(user_email, preferred_provider)
        self._give_both(user_email, provider, of)
        # A key of another provider is not for the preferred one's endpoint either.
        if provider != preferred_provider:
            self._give_both(user_email, preferred_provider, OWN_ADDRESS)
        return {"api_key": api_key, "provider": provider, "endpoint": of.endpoint, "is_byok": is_byok}

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
            "cost_usd": money(cost_usd),
        }
        headers = {"Idempotency-Key": event_id}
        refuse_rejected(await self._calls.send("POST", "/usage", {"events": [event]}, headers=headers, repeatable=True))

    async def get_user_tier_info(self, email: str) -> Dict[str, Any]:
        """Tier and usage as the service answers them, the tier under its old names too."""
        return tier_info(await self._calls.send("GET", f"{user_path(email)}/tier", repeatable=True))

    async def set_subscription_tier(self, email: str, tier: str, status: str = "active") -> Dict[str, Any]:
        """Answers what ``get_user_tier_info`` does."""
        body = {"tier": tier, "status": status}
        return tier_info(await self._calls.send("PUT", f"{user_path(email)}/tier", body, repeatable=False))

    async def increment_usage(
        self, email: str, current_usage: Optional[int] = None, *, amount: int = 1
    ) -> Dict[str, Any]:
        """Counts calls of the user; a new day begins at 0. Never repeated by itself.

        ``current_usage`` is what callers of the old helper may pass: the service knows it and does not need it.
        """
        path = f"{user_path(email)}/usage/increment"
        return await self._calls.send("POST", path, {"amount": amount}, repeatable=False)

    async def reset_usage(self, email: str) -> Dict[str, Any]:
        return await self._calls.send("POST", f"{user_path(email)}/usage/reset", {}, repeatable=False)

    def _give_key(self, email: str, provider: str, of: Destination) -> None:
        self._pairings.give_key(person_of(email) or email, provider, of)

    def _give_both(self, email: str, provider: str, of: Destination) -> None:
        self._pairings.give_both(person_of(email) or email, provider, of)

    @contextmanager
    def _no_key(self, email: str, provider: str) -> Iterator[None]:
        """Remembers that there was no key: who is refused one may take another, for the provider's own address."""
        try:
            yield
        except ByokKeyNotReleasedError:
            self._give_both(email, provider, OWN_ADDRESS)
            raise
