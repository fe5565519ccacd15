"""What a call raises."""

from dataclasses import dataclass


class RieltimeError(Exception):
    """The base of all errors of this package."""


@dataclass(frozen=True)
class FieldError:
    """One of several fields at fault."""

    code: str
    param: str
    detail: str


class ApiError(RieltimeError):
    """What the API answered instead of 2xx.

    status is the HTTP status; code is stable (ErrorCode at /docs), and empty when
    the answer is not from the API; param is the field at fault and may be empty;
    detail is for people. retry_after is in seconds, 0 when the server does not say.
    errors has each field at fault where several are.
    """

    def __init__(
        self, status: int, code: str = "", param: str = "", detail: str = "", request_id: str = "", retry_after: int = 0, errors: tuple[FieldError, ...] = ()
    ) -> None:
        super().__init__(f"{status} {code}: {detail} (request {request_id})")
        self.status = status
        self.code = code
        self.param = param
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after
        self.errors = errors


class NoAnswer(RieltimeError):
    """No answer came: whether the request was carried out is not known. Repeat a
    POST with the same idempotency_key. The cause is in __cause__."""


class UnexpectedAnswer(RieltimeError):
    """The answer is a success, but not of the form that the API documents."""


class WebhookRefused(RieltimeError):
    """A webhook that is not from Rieltime, or too old. Answer 400."""
