"""When a system key of this process may take the place of the user's own. These tables alone decide."""

from __future__ import annotations

import logging

from ._errors import ByokClientError, ByokKeyNotReleasedError, ByokUnavailableError

logger = logging.getLogger("ops_center_byok_client")

# Reasons for which the service releases no key. One that is not listed counts as False.
FALLBACK_AFTER_REFUSAL = {
    "no_key": True,
    "disabled": True,
    "tier": True,
    "unbound": True,
    "undecryptable": True,
    "user_not_found": False,
    "user_disabled": False,
    "email_unverified": False,
    "email_ambiguous": False,
}

# Codes of a service that cannot answer now. One that is not listed counts as False, as does every other error.
FALLBACK_IN_AN_OUTAGE = {
    "unavailable": True,
    "directory_unavailable": True,
    "database_unavailable": True,
    "audit_unavailable": True,
    "not_ready": True,
    "directory_misconfigured": False,
    "internal": False,
}


def is_final(error: ByokKeyNotReleasedError) -> bool:
    """The account is unknown, deleted or disabled, or nobody can say whose it is: no other key takes its place."""
    return not FALLBACK_AFTER_REFUSAL.get(error.reason or "", False)


def allows_fallback(error: ByokClientError) -> bool:
    """Whether the error by itself lets a system key take the user's place."""
    if isinstance(error, ByokUnavailableError):
        return FALLBACK_IN_AN_OUTAGE.get(error.code, False)
    return isinstance(error, ByokKeyNotReleasedError) and not is_final(error)


def with_more(error: ByokClientError, more: str) -> ByokClientError:
    return type(error)(
        f"{error} {more}",
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        retry_after=error.retry_after,
        reason=error.reason,
    )


def log_fallback(error: ByokClientError, variable: str) -> None:
    if isinstance(error, ByokUnavailableError):
        logger.warning("%s Using the system key in %s.", error, variable)
