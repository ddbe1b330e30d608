"""Tiers and counts, and a record of usage that counts once."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Union

import pytest
from stub_service import EMAIL, Reply, Stub

from ops_center_byok_client import ByokClient, ByokClientError, ByokUnavailableError


async def test_tiers_and_counts(stub: Stub, client: ByokClient) -> None:
    tier = {"email": EMAIL, "tier": "professional", "status": "active", "api_calls_used": 7}
    stub.answer = lambda seen: Reply(json=tier)
    expected = {**tier, "subscription_tier": "professional", "subscription_status": "active"}
    assert await client.get_user_tier_info("a/b@example.com") == expected
    assert await client.set_subscription_tier(EMAIL, "professional") == expected
    count = {"api_calls_used": 3, "api_calls_limit": None, "remaining": None, "api_calls_reset_date": "2026-11-22"}
    stub.answer = lambda seen: Reply(json=count)
    assert await client.increment_usage(EMAIL, 12, amount=2) == count
    assert await client.reset_usage(EMAIL) == count
    assert [(seen.method, seen.path, seen.body and json.loads(seen.body)) for seen in stub.seen] == [
        ("GET", "/api/v1/byok/internal/users/a%2Fb%40example.com/tier", ""),
        ("PUT", "/api/v1/byok/internal/users/ann%40example.com/tier", {"tier": "professional", "status": "active"}),
        ("POST", "/api/v1/byok/internal/users/ann%40example.com/usage/increment", {"amount": 2}),
        ("POST", "/api/v1/byok/internal/users/ann%40example.com/usage/reset", {}),
    ]
    stub.answer = lambda seen: Reply(cut=True)
    for call in (client.increment_usage(EMAIL), client.set_subscription_tier(EMAIL, "starter")):
        with pytest.raises(ByokUnavailableError):
            await call
    assert len(stub.seen) == 6


async def test_repeats_a_record_of_usage_under_the_same_key(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(cut=True) if len(stub.seen) == 1 else Reply(json={})
    await client.record_api_usage(EMAIL, "openai", 1200, 0.0000001)
    first, second = stub.seen
    assert re.fullmatch("[0-9a-f-]{36}", first.headers["idempotency-key"])
    assert second.headers["idempotency-key"] == first.headers["idempotency-key"]
    assert second.body == first.body
    (event,) = json.loads(first.body)["events"]
    assert event["user"] == {"email": EMAIL}
    assert (event["provider"], event["tokens_used"], event["cost_usd"]) == ("openai", 1200, "0.0000001")


async def test_says_when_a_record_of_usage_was_rejected(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(json={"results": [{"id": None, "status": "rejected", "reason": "user_not_found"}]})
    with pytest.raises(ByokClientError) as caught:
        await client.record_api_usage(EMAIL, "openai", 1)
    assert (caught.value.code, caught.value.reason) == ("usage_rejected", "user_not_found")


@pytest.mark.parametrize(
    ("cost", "sent"),
    [
        (0.5, "0.5"),
        (7.5e-05, "0.000075"),
        (1e-7, "0.0000001"),
        (3, "3"),
        (1e22, "10000000000000000000000"),
        (Decimal("0E-10"), "0.0000000000"),
        (Decimal("12.340"), "12.340"),
        ("7.5e-05", "7.5e-05"),
        ("dear", "dear"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
    ],
)
async def test_sends_every_digit_of_a_cost(
    stub: Stub, client: ByokClient, cost: Union[float, Decimal, str], sent: str
) -> None:
    stub.answer = lambda seen: Reply(json={})
    await client.record_api_usage(EMAIL, "openai", 1, cost)
    (event,) = json.loads(stub.seen[0].body)["events"]
    assert event["cost_usd"] == sent
    assert event["id"] == stub.seen[0].headers["idempotency-key"]


@pytest.mark.parametrize(
    "results",
    [
        [{"status": "accepted"}],
        [{"status": "duplicate"}, {"status": "rejected"}],
        [],
        ["rejected"],
        {"0": {"status": "rejected"}},
        "rejected",
        None,
    ],
)
async def test_what_was_not_rejected_was_recorded(stub: Stub, client: ByokClient, results: Any) -> None:
    stub.answer = lambda seen: Reply(json={"results": results})
    await client.record_api_usage(EMAIL, "openai", 1)


async def test_a_rejection_is_no_system_failure(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(202, {"results": [{"status": "rejected"}]})
    with pytest.raises(ByokClientError, match=r"^The key service did not record this usage\.$") as caught:
        await client.record_api_usage(EMAIL, "openai", 1)
    assert (type(caught.value), caught.value.status, len(stub.seen)) == (ByokClientError, 200, 1)


async def test_reads_a_tier_twice_where_the_first_answer_was_lost(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(cut=True) if len(stub.seen) == 1 else Reply(json={"tier": "starter"})
    answer = await client.get_user_tier_info(EMAIL)
    assert answer == {"tier": "starter", "subscription_tier": "starter", "subscription_status": None}
    stub.answer = lambda seen: Reply(cut=True)
    with pytest.raises(ByokUnavailableError):
        await client.reset_usage(EMAIL)
    assert len(stub.seen) == 3


async def test_counts_one_call_that_cost_nothing_unless_told_otherwise(stub: Stub, client: ByokClient) -> None:
    stub.answer = lambda seen: Reply(json={})
    await client.increment_usage(EMAIL)
    await client.record_api_usage(EMAIL, "openai", 1)
    counted, recorded = (json.loads(seen.body) for seen in stub.seen)
    assert (counted, recorded["events"][0]["cost_usd"]) == ({"amount": 1}, "0.0")
