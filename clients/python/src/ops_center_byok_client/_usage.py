"""What calls about tiers and usage send, and what they make of the answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, Union
from urllib.parse import quote

from ._errors import ByokClientError


def refuse_rejected(answer: Dict[str, Any]) -> None:
    """A batch is accepted as a whole and says of each event what became of it."""
    results = answer.get("results")
    first = results[0] if isinstance(results, list) and results else None
    if isinstance(first, dict) and first.get("status") == "rejected":
        message = "The key service did not record this usage."
        raise ByokClientError(message, code="usage_rejected", status=200, reason=str(first.get("reason")))


def user_path(email: str) -> str:
    return f"/users/{quote(email, safe='')}"


def tier_info(answer: Dict[str, Any]) -> Dict[str, Any]:
    return {**answer, "subscription_tier": answer.get("tier"), "subscription_status": answer.get("status")}


def money(cost: Union[float, Decimal, str]) -> str:
    """Every digit of it, without an exponent. What is no amount is for the service to reject."""
    if isinstance(cost, str):
        return cost
    return format(Decimal(str(cost)), "f")
