"""The bearer of every call: a fixed service token, or Keycloak client credentials renewed before they expire and after a 401."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Optional, Union

from ._errors import ByokClientError, ByokUnavailableError
from ._requests import Requests
from ._settings import ClientCredentials, ServiceToken

# Renewed with this much left, so that a call under way is not overtaken; half the life of tokens that live shortly.
_RENEW_BEFORE = 30.0


class AccessToken:
    def __init__(self, credentials: Union[ServiceToken, ClientCredentials], requests: Requests, timeout: float) -> None:
        self._credentials = credentials
        self._requests = requests
        self._timeout = timeout
        self._token: Optional[str] = None
        self._renew_at = 0.0
        self._expires_at = 0.0
        self._renewal: Optional[asyncio.Task[str]] = None

    async def get(self) -> str:
        if isinstance(self._credentials, ServiceToken):
            return self._credentials.token
        now = time.monotonic()
        token = self._token
        if token is not None and now < self._renew_at:
            return token
        renewal = self._begin_renewal(self._credentials)
        # Nobody waits while the token in hand still works, also when Keycloak is away.
        if token is not None and now < self._expires_at:
            return token
        # Others may wait for it too: whoever is cancelled does not cancel it.
        return await asyncio.shield(renewal)

    def refused(self, token: str) -> bool:
        """The service did not accept this one. Answers whether another can be had."""
        if self._token == token:
            self._token = None
        return isinstance(self._credentials, ClientCredentials)

    def _begin_renewal(self, credentials: ClientCredentials) -> asyncio.Task[str]:
        loop = asyncio.get_running_loop()
        if self._renewal is None or self._renewal.done() or self._renewal.get_loop() is not loop:
            self._renewal = loop.create_task(self._renew(credentials))
            self._renewal.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._renewal

    async def _renew(self, credentials: ClientCredentials) -> str:
        asked = time.monotonic()
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
        try:
            answer = await asyncio.wait_for(
                self._requests.send("Keycloak", "POST", credentials.token_url, form=form), self._timeout
            )
        except asyncio.TimeoutError:
            answer = None
        if answer is None:
            raise ByokUnavailableError("Keycloak did not answer in time.", code="unavailable")
        status = answer.status
        if status >= 500 or status == 429:
            message = f"Keycloak answered {status} to the sign-in of this service."
            raise ByokUnavailableError(message, code="unavailable", status=status)
        token, seconds = answer.json.get("access_token"), answer.json.get("expires_in")
        if status != 200 or not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ByokClientError(
                f"Keycloak did not sign this service in (status {status}): "
                "check BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET.",
                code="sign_in_refused",
                status=status,
            )
        life = float(seconds) if isinstance(seconds, (int, float)) and seconds > 0 else 60.0
        self._token = token
        self._renew_at = asked + max(life - _RENEW_BEFORE, life / 2)
        # A token that expires on its way is refused: the last second is not used.
        self._expires_at = asked + life - 1
        return token
