"""One request and its whole answer. What httpx raises is replaced: its exceptions hold the request with its headers."""

from __future__ import annotations

import asyncio
import json
import ssl
from functools import lru_cache
from typing import Any, Dict, Mapping, NamedTuple, Optional

import httpx

from ._errors import ByokUnavailableError


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    json: Dict[str, Any]
    """The body where it is a JSON object, else an empty one."""


class Requests:
    """Connections are kept, and belong to the event loop that opened them: one httpx client for each loop."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._clients: Dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
        # The system's authorities and SSL_CERT_FILE. Proxies and ~/.netrc are left out on purpose (`trust_env`):
        # the one would see keys, the other would replace our Authorization.
        self._ssl = _trusted_authorities()

    async def send(
        self,
        whom: str,
        method: str,
        url: str,
        *,
        headers: Optional[Mapping[str, str]] = None,
        body: Optional[Mapping[str, Any]] = None,
        form: Optional[Mapping[str, str]] = None,
    ) -> Answer:
        """Raises ``ByokUnavailableError`` (code ``unavailable``, without a status) where there is no answer."""
        try:
            reply = await self._client().request(method, url, headers=headers, json=body, data=form)
            return Answer(reply.status_code, reply.headers, _parse_object(reply.content))
        except httpx.TimeoutException:
            problem = "did not answer in time"
        except httpx.ConnectError:
            problem = "cannot be reached"
        except (httpx.HTTPError, httpx.InvalidURL):
            problem = "cannot be asked: the connection failed"
        # Raised out here, so that the error carries no context.
        raise ByokUnavailableError(f"{whom} {problem}.", code="unavailable")

    async def aclose(self) -> None:
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            # Open connections hold on to their loop, so that what ended loops leave has to be let go of by hand.
            for ended in [known for known in list(self._clients) if known.is_closed()]:
                self._clients.pop(ended, None)
            client = httpx.AsyncClient(
                verify=self._ssl, timeout=self._timeout, trust_env=False, follow_redirects=False
            )
            self._clients[loop] = client
        return client


@lru_cache(maxsize=None)
def _trusted_authorities() -> ssl.SSLContext:
    # Reading them takes a twentieth of a second: once for all clients.
    return ssl.create_default_context()


def _parse_object(content: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
