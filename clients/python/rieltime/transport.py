"""Sending requests, and sending them again where that is safe and may help."""

import http.client
import json
import random
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from . import form
from .errors import ApiError, FieldError, NoAnswer, RieltimeError, UnexpectedAnswer

FIRST_WAIT = 0.5  # seconds
LONGEST_WAIT = 60.0
MAX_ANSWER = 16 << 20
PIECE = 1 << 16


class _AsAnswered(urllib.request.HTTPErrorProcessor):
    """Returns every answer as it is. A redirect is not followed: the key must not
    go anywhere else."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response

    https_response = http_response


class Transport:
    """Sends requests to one server with one key."""

    def __init__(self, base_url: str, key: str, *, attempts: int, timeout: float, wait: Callable[[float], None]) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("base_url is no http or https address")
        if not re.fullmatch(r"[\x21-\x7e]+", key):
            raise ValueError("the key is empty, or has blanks or line breaks")
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._attempts = attempts
        self._timeout = timeout
        self._wait = wait
        self._opener = urllib.request.build_opener(_AsAnswered)

    def send(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None, idempotency_key: str = "") -> Any:
        """Sends a request and returns the parsed answer. Every POST has an
        Idempotency-Key, which with the body stays the same at each attempt."""
        given = {name: form.query_text(value) for name, value in (query or {}).items() if value is not None}
        address = self._base_url + path + ("?" + urlencode(given) if given else "")
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json, application/problem+json", "User-Agent": "rieltime-python"}
        data = None
        if method == "POST":
            data = json.dumps(form.written(body), ensure_ascii=False, allow_nan=False).encode()
            headers |= {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}

        attempt = 1
        while True:
            try:
                return self._try(urllib.request.Request(address, data, headers, method=method))
            except RieltimeError as error:
                if attempt >= self._attempts or not _worth_repeating(error):
                    raise
                pause = _pause(attempt, error)
            self._wait(pause)
            attempt += 1

    def _try(self, request: urllib.request.Request) -> Any:
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                text = _read_all(response, time.monotonic() + self._timeout)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"no answer: {error}") from error

        if not 200 <= response.status <= 299:
            raise _api_error(response.status, response.headers, text)
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnexpectedAnswer("the answer is no JSON") from error


def _read_all(response: http.client.HTTPResponse, until: float) -> bytes:
    """Reads a body piece by piece, so that one that trickles in does not outlast
    the time-out by far."""
    text = b""
    while piece := response.read1(PIECE):
        text += piece
        if len(text) > MAX_ANSWER:
            raise http.client.HTTPException("the answer is too large")
        if time.monotonic() > until:
            raise TimeoutError("the answer takes too long")
    if response.length:  # what the server promised and did not send
        raise http.client.IncompleteRead(text, response.length)
    return text


def _worth_repeating(error: RieltimeError) -> bool:
    if isinstance(error, ApiError):
        return error.status == 429 or error.status >= 500 or error.code == "idempotency_in_flight"
    return isinstance(error, NoAnswer)


def _pause(attempt: int, error: RieltimeError) -> float:
    """How long to wait after an attempt: as long as the server asks for, else a
    time that doubles, with jitter."""
    if isinstance(error, ApiError) and error.retry_after > 0:
        return min(float(error.retry_after), LONGEST_WAIT)
    step = min(FIRST_WAIT * (1 << min(attempt - 1, 7)), LONGEST_WAIT)
    return step / 2 + random.uniform(0, step / 2)


def _api_error(status: int, headers: Mapping[str, str], text: bytes) -> ApiError:
    try:
        problem = json.loads(text)
    except (ValueError, RecursionError):
        problem = None
    if not isinstance(problem, dict) or not problem.get("code"):
        problem = {"detail": "the answer is not from Rieltime's API"}

    given = problem.get("errors")
    errors = [e for e in given if isinstance(e, dict)] if isinstance(given, list) else []
    asked = (headers.get("Retry-After") or "").strip()
    return ApiError(
        status,
        code=_text(problem, "code"),
        param=_text(problem, "param"),
        detail=_text(problem, "detail"),
        request_id=_text(problem, "request_id") or headers.get("X-Request-Id") or "",
        retry_after=int(asked) if re.fullmatch("[0-9]{1,9}", asked) else 0,
        errors=tuple(FieldError(_text(e, "code"), _text(e, "param"), _text(e, "detail")) for e in errors),
    )


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return "" if value is None else str(value)
