"""A key service that answers what a test says."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

TOKEN = "byok_st_canary_token_0123456789"
EMAIL = "ann@example.com"


class Seen(NamedTuple):
    method: str
    path: str
    headers: Dict[str, str]
    body: str


class Reply(NamedTuple):
    status: int = 200
    json: Any = None
    headers: Optional[Dict[str, str]] = None
    cut: bool = False
    """End the connection without an answer."""


class Stub:
    """``answer`` may be replaced at any time; ``seen`` has every request."""

    def __init__(self) -> None:
        self.seen: List[Seen] = []
        self.answer: Callable[[Seen], Reply] = lambda seen: released()
        self.url = ""
        # Set to let go of answers that wait for it.
        self.go = threading.Event()


def released(**more: Any) -> Reply:
    answer = {
        "api_key": "sk-users-own-key",
        "provider": "openai",
        "endpoint": None,
        "is_byok": True,
        "source": "user",
        "reason": None,
        "version": 1,
        "max_age_seconds": 300,
        "stale": False,
    }
    return Reply(json={**answer, **more})


def problem(status: int, code: str, headers: Optional[Dict[str, str]] = None, **more: Any) -> Reply:
    return Reply(status, {"status": status, "code": code, "detail": f"It says {code}.", "request_id": "req-1", **more}, headers)


def not_released(reason: str) -> Reply:
    return problem(404, "key_not_released", reason=reason)


def numbered(stub: Stub, **more: Any) -> Callable[[Seen], Reply]:
    return lambda seen: released(api_key=f"sk-number-{len(stub.seen)}", **more)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.005)


@contextmanager
def running_stub() -> Iterator[Stub]:
    state = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are sent apart: else the body waits until the head is acknowledged, 40 ms later.
        disable_nagle_algorithm = True

        def _reply(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, self.rfile.read(length).decode())
            state.seen.append(seen)
            reply = state.answer(seen)
            if reply.cut:
                self.close_connection = True
                return
            body = json.dumps(reply.json).encode()
            self.send_response(reply.status)
            for name, value in (reply.headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _reply

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        state.go.set()
        server.shutdown()
        server.server_close()
