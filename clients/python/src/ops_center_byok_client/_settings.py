"""The client's settings: from the arguments, else from the environment. What is missing is named at once, never shown."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import List, NamedTuple, Optional, Union
from urllib.parse import urlsplit

from ._errors import ByokClientError


_PREFIX = "/api/v1/byok"


class ServiceToken:
    """A fixed token, made by ``byok service-token create``. A class of its own, so that printing it shows nothing."""

    def __init__(self, token: str) -> None:
        self.token = token


class ClientCredentials:
    """What this service signs in with at Keycloak. Printing it shows nothing."""

    def __init__(self, token_url: str, client_id: str, client_secret: str) -> None:
        self.token_url = token_url
        self.client_id = client_id
        self.client_secret = client_secret


class Settings(NamedTuple):
    url: str
    """What the paths of internal calls are put behind."""
    credentials: Union[ServiceToken, ClientCredentials]
    timeout: float
    """Seconds."""
    max_cached_keys: int


def read_settings(
    url: Optional[str],
    service_token: Optional[str],
    token_url: Optional[str],
    client_id: Optional[str],
    client_secret: Optional[str],
    allow_insecure_http: Optional[bool],
    timeout: float,
    max_cached_keys: int,
) -> Settings:
    """Raises ``ByokClientError`` (``not_configured``) with everything that has to be mended."""
    problems: List[str] = []
    if allow_insecure_http is None:
        allow_insecure_http = os.environ.get("BYOK_ALLOW_INSECURE_HTTP") == "true"
    address = _usable_url(_text(url, "BYOK_INTERNAL_URL"), "BYOK_INTERNAL_URL", allow_insecure_http, problems)
    credentials = _read_credentials(
        _text(service_token, "BYOK_SERVICE_TOKEN"),
        _text(token_url, "BYOK_TOKEN_URL"),
        _text(client_id, "BYOK_CLIENT_ID"),
        _text(client_secret, "BYOK_CLIENT_SECRET"),
        allow_insecure_http,
        problems,
    )
    if not timeout > 0:
        problems.append("timeout is not above 0")
    if not max_cached_keys > 0:
        problems.append("max_cached_keys is not above 0")
    if problems:
        message = "The key service's client is not configured: {}.".format("; ".join(problems))
        raise ByokClientError(message, code="not_configured")
    # Old configurations name the API's prefix as well.
    base = address if address.endswith(_PREFIX) else address + _PREFIX
    return Settings(f"{base}/internal", credentials, timeout, max_cached_keys)


def _text(given: Optional[str], name: str) -> Optional[str]:
    # An empty variable is how many deployments write "not set".
    return given or os.environ.get(name) or None


def _read_credentials(
    service_token: Optional[str],
    token_url: Optional[str],
    client_id: Optional[str],
    client_secret: Optional[str],
    plain_http: bool,
    problems: List[str],
) -> Union[ServiceToken, ClientCredentials]:
    if service_token is not None:
        # A line break in a header ends up, with the token, in the message of an exception.
        if not re.fullmatch(r"[\x21-\x7e]+", service_token):
            problems.append("BYOK_SERVICE_TOKEN has characters no token has")
        return ServiceToken(service_token)
    if token_url is None or client_id is None or client_secret is None:
        problems.append("BYOK_SERVICE_TOKEN is missing, or BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET")
        return ServiceToken("")
    return ClientCredentials(_usable_url(token_url, "BYOK_TOKEN_URL", plain_http, problems), client_id, client_secret)


def _usable_url(given: Optional[str], name: str, plain_http: bool, problems: List[str]) -> str:
    if given is None:
        problems.append(f"{name} is missing")
        return ""
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        problems.append(f"{name} is not an http or https address")
    elif parts.username is not None or parts.password is not None:
        problems.append(f"{name} must not carry a password")
    elif parts.query or parts.fragment:
        problems.append(f"{name} must have neither ? nor #")
    elif parts.scheme == "http" and not plain_http and not _is_loopback(host):
        problems.append(
            f"{name} is http:// to another machine, where keys and tokens would travel in plain text: use https://, or "
            "set BYOK_ALLOW_INSECURE_HTTP=true (allow_insecure_http) on a network that nobody else is on"
        )
    return given.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
