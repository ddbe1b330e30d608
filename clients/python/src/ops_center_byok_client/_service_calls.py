"""Calls of the key service: the bearer, one time limit for the whole call, one retry where repeating is safe, typed errors."""

from __future__ import annotations

import asyncio
import random
import re
from typing import Any, Dict, Mapping, Optional

from ._access_token import AccessToken
from ._errors import ByokClientError, ByokKeyNotReleasedError, ByokUnavailableError
from ._requests import Answer, Requests
from ._settings import Settings

_RETRY_STATUS = (None, 502, 503, 504)
_RETRY_PAUSE = 0.1
# A caller who waits for a key is better served by an error than by a longer pause.
_LONGEST_PAUSE = 1.0


class ServiceCalls:
    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._timeout = settings.timeout
        self._requests = Requests(settings.timeout)
        self._token = AccessToken(settings.credentials, self._requests, settings.timeout)

    async def send(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        *,
        headers: Optional[Mapping[str, str]] = None,
        repeatable: bool,
    ) -> Dict[str, Any]:
        """``path`` is what stands behind ``/internal``; ``repeatable``: asking twice does what asking once does."""
        try:
            return await asyncio.wait_for(self._try(method, path, body, headers, repeatable), self._timeout)
        except asyncio.TimeoutError:
            pass
        raise ByokUnavailableError("The key service did not answer in time.", code="unavailable")

    async def aclose(self) -> None:
        await self._requests.aclose()

    async def _try(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]],
        headers: Optional[Mapping[str, str]],
        repeatable: bool,
    ) -> Dict[str, Any]:
        try:
            return await self._attempt(method, path, body, headers)
        except ByokUnavailableError as error:
            pause = _pause_before_retry(error)
            if not repeatable or pause is None:
                raise
        await asyncio.sleep(pause)
        return await self._attempt(method, path, body, headers)

    async def _attempt(
        self, method: str, path: str, body: Optional[Mapping[str, Any]], headers: Optional[Mapping[str, str]]
    ) -> Dict[str, Any]:
        token = await self._token.get()
        answer = await self._ask(method, path, body, headers, token)
        if answer.status == 401 and self._token.refused(token):
            answer = await self._ask(method, path, body, headers, await self._token.get())
        if not 200 <= answer.status <= 299:
            raise _error_of(answer)
        return answer.json

    async def _ask(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]],
        headers: Optional[Mapping[str, str]],
        token: str,
    ) -> Answer:
        all_headers = {**(headers or {}), "Accept": "application/json", "Authorization": f"Bearer {token}"}
        return await self._requests.send("The key service", method, self._url + path, headers=all_headers, body=body)


def _pause_before_retry(error: ByokUnavailableError) -> Optional[float]:
    if error.status not in _RETRY_STATUS:
        return None
    pause = _RETRY_PAUSE * (1 + random.random()) if error.retry_after is None else float(error.retry_after)
    return pause if pause <= _LONGEST_PAUSE else None


def _error_of(answer: Answer) -> ByokClientError:
    status, problem = answer.status, answer.json
    code = _word(problem.get("code"))
    detail, request_id = problem.get("detail"), problem.get("request_id")
    seconds = answer.headers.get("retry-after", "")
    if code is not None and isinstance(detail, str):
        message = detail[:500]
    else:
        message = f"The key service answered {status} and not as it should: check BYOK_INTERNAL_URL."
    kind = ByokClientError
    if status >= 500:
        kind = ByokUnavailableError
    elif code == "key_not_released":
        kind = ByokKeyNotReleasedError
    return kind(
        message,
        code=code or ("unavailable" if status >= 500 else "unexpected_answer"),
        status=status,
        request_id=request_id[:100] if isinstance(request_id, str) else None,
        retry_after=int(seconds) if re.fullmatch(r"[0-9]{1,9}", seconds) else None,
        reason=_word(problem.get("reason")),
    )


def _word(value: object) -> Optional[str]:
    return value if isinstance(value, str) and re.fullmatch(r"[a-z_]{1,60}", value) else None
