"""What the client refuses to be configured with."""

from __future__ import annotations

import pytest

from ops_center_byok_client import ByokClient, ByokClientError


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
