"""What a call can fail with. No message and no attribute ever carries a key or a token."""

from __future__ import annotations

from typing import Optional


class ByokClientError(Exception):
    """The key service refused, or the client cannot be used as it is configured.

    ``code`` is the service's own (``scope_required``, ...) or one of this client's, listed in the README; ``status`` the
    HTTP status where there was an answer; ``request_id`` what an administrator finds the call by; ``retry_after`` the
    seconds after which to try again; ``reason`` why a key was not released.
    """

    def __init__(
        self,
        message: str,
        *,
        # Only so that the error can be pickled: everything that raises it says the code.
        code: str = "unexpected_answer",
        status: Optional[int] = None,
        request_id: Optional[str] = None,
        retry_after: Optional[int] = None,
        reason: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.reason = reason


class ByokUnavailableError(ByokClientError):
    """The key service, or what it needs, cannot be reached in time: the same call may well succeed later."""


class ByokKeyNotReleasedError(ByokClientError, ValueError):
    """There is no key to use; ``reason`` says why. A ``ValueError`` too, because the old helpers raised that."""
