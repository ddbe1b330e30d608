"""What the client refuses to be configured with."""

from __future__ import annotations

from typing import Optional

import pytest

from ops_center_byok_client import ByokClient, ByokClientError
from ops_center_byok_client._settings import ClientCredentials, ServiceToken, read_settings


def test_names_everything_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ByokClientError) as caught:
        ByokClient()
    assert caught.value.code == "not_configured"
    assert str(caught.value) == (
        "The key service's client is not configured: BYOK_INTERNAL_URL is missing; BYOK_SERVICE_TOKEN is missing, "
        "or BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET."
    )
    for url, expected in (
        ("http://a:canary@b", "BYOK_INTERNAL_URL must not carry a password."),
        ("ftp://a", "BYOK_INTERNAL_URL is not an http or https address."),
        ("http://a:99999", "BYOK_INTERNAL_URL is not an http or https address."),
        ("http://a?b", "BYOK_INTERNAL_URL must have neither ? nor #."),
    ):
        with pytest.raises(ByokClientError) as wrong:
            ByokClient(url, service_token="t")
        assert str(wrong.value).endswith(f": {expected}")


@pytest.mark.parametrize(
    "url", ["http://unicorn-ops-center:8085", "http://10.0.0.7", "http://localhost.example.com", "HTTP://a"]
)
def test_refuses_http_to_another_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ByokClientError) as caught:
        ByokClient(url, service_token="t")
    assert caught.value.code == "not_configured"
    assert str(caught.value) == (
        "The key service's client is not configured: BYOK_INTERNAL_URL is http:// to another machine, where keys and "
        "tokens would travel in plain text: use https://, or set BYOK_ALLOW_INSECURE_HTTP=true (allow_insecure_http) on a "
        "network that nobody else is on."
    )
    ByokClient(url, service_token="t", allow_insecure_http=True)
    monkeypatch.setenv("BYOK_ALLOW_INSECURE_HTTP", "true")
    ByokClient(url, service_token="t")
    with pytest.raises(ByokClientError):
        ByokClient(url, service_token="t", allow_insecure_http=False)


def test_refuses_http_to_another_machine_for_keycloak_too() -> None:
    token_url = "http://keycloak:8080/token"
    with pytest.raises(ByokClientError, match="BYOK_TOKEN_URL is http:// to another machine"):
        ByokClient("https://a", token_url=token_url, client_id="svc", client_secret="s")
    ByokClient("https://a", token_url=token_url, client_id="svc", client_secret="s", allow_insecure_http=True)


@pytest.mark.parametrize(
    "url", ["https://a", "http://localhost:8085", "http://LOCALHOST", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:1"]
)
def test_takes_https_and_this_machine(url: str) -> None:
    ByokClient(url, service_token="t")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://ann@a", "must not carry a password"),
        ("https://:canary@a", "must not carry a password"),
        ("https://a#b", "must have neither ? nor #"),
        ("https://a?", None),
        ("https://", "is not an http or https address"),
        ("a:8085", "is not an http or https address"),
        ("http://[::1", "is not an http or https address"),
    ],
)
def test_reads_addresses_strictly(url: str, problem: Optional[str]) -> None:
    if problem is None:
        ByokClient(url, service_token="t")
        return
    with pytest.raises(ByokClientError) as service:
        ByokClient(url, service_token="t")
    assert str(service.value) == f"The key service's client is not configured: BYOK_INTERNAL_URL {problem}."
    with pytest.raises(ByokClientError) as keycloak:
        ByokClient("https://a", token_url=url, client_id="svc", client_secret="s")
    assert str(keycloak.value) == f"The key service's client is not configured: BYOK_TOKEN_URL {problem}."


@pytest.mark.parametrize("token", ["a b", "a\nb", "\u00e9", " a", "a\x7f"])
def test_refuses_a_token_that_no_header_takes(token: str) -> None:
    with pytest.raises(ByokClientError) as caught:
        ByokClient("https://a", service_token=token, timeout=0, max_cached_keys=-1)
    # Everything that is wrong at once, and not the token.
    assert str(caught.value) == (
        "The key service's client is not configured: BYOK_SERVICE_TOKEN has characters no token has; "
        "timeout is not above 0; max_cached_keys is not above 0."
    )
    ByokClient("https://a", service_token="!a~", timeout=0.5, max_cached_keys=1)


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_refuses_a_time_limit_that_is_none(timeout: float) -> None:
    with pytest.raises(ByokClientError, match=r"configured: timeout is not above 0\.$"):
        ByokClient("https://a", service_token="t", timeout=timeout)


CREDENTIALS = {"BYOK_TOKEN_URL": "https://kc/token/", "BYOK_CLIENT_ID": "svc", "BYOK_CLIENT_SECRET": "s"}


def test_takes_every_setting_from_the_environment_and_arguments_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BYOK_INTERNAL_URL": "https://a/", **CREDENTIALS}.items():
        monkeypatch.setenv(name, value)
    nothing = (None, "", None, None, None, None, 5.0, 10)
    settings = read_settings(*nothing)
    assert isinstance(settings.credentials, ClientCredentials)
    assert vars(settings.credentials) == {"token_url": "https://kc/token", "client_id": "svc", "client_secret": "s"}
    assert (settings.url, settings.timeout, settings.max_cached_keys) == ("https://a/api/v1/byok/internal", 5.0, 10)
    given = read_settings("https://b/x", None, "https://other/token", "me", "mine", None, 1.5, 2)
    assert isinstance(given.credentials, ClientCredentials)
    assert vars(given.credentials) == {"token_url": "https://other/token", "client_id": "me", "client_secret": "mine"}
    assert (given.url, given.timeout, given.max_cached_keys) == ("https://b/x/api/v1/byok/internal", 1.5, 2)
    # A fixed token comes before what could get one.
    monkeypatch.setenv("BYOK_SERVICE_TOKEN", "byok_st_fixed")
    fixed = read_settings(*nothing).credentials
    assert isinstance(fixed, ServiceToken) and fixed.token == "byok_st_fixed"
    own = read_settings(None, "byok_st_own", None, None, None, None, 5.0, 10).credentials
    assert isinstance(own, ServiceToken) and own.token == "byok_st_own"


@pytest.mark.parametrize("missing", CREDENTIALS)
def test_takes_no_part_of_the_credentials_for_the_whole(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(ByokClientError, match=r"configured: BYOK_SERVICE_TOKEN is missing, or BYOK_TOKEN_URL, "):
        ByokClient("https://a")


@pytest.mark.parametrize("word", ["TRUE", "1", "yes", "false", ""])
def test_plain_http_takes_the_word_true(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("BYOK_ALLOW_INSECURE_HTTP", word)
    with pytest.raises(ByokClientError, match="plain text"):
        ByokClient("http://a", service_token="t")


async def test_has_five_seconds_and_a_thousand_keys_unless_told_otherwise() -> None:
    async with ByokClient("https://a", service_token="t") as client:
        assert client._calls._timeout == 5.0
        assert client._keys._cache._most == client._keys._most == 1000
        assert client._pairings._keys._most == client._pairings._endpoints._most == 10_000
