"""The objects of the API, as its OpenAPI document names them.

Texts with a fixed set of values, such as a status, are str: a server may gain
values. Fields that this version does not know are in extra.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What all objects in answers have."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class LineItem(Answered):
    """One line of what is bought; amount is for one piece."""

    name: str
    quantity: int
    amount: str


@dataclass(frozen=True, kw_only=True)
class Customer(Answered):
    """What is known of the buyer."""

    id: str | None = None  # yours, of a buyer who has logged in
    name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rate(Answered):
    """A rate of exchange: one base is value of quote."""

    base: str
    quote: str
    value: str  # decimal text


@dataclass(frozen=True, kw_only=True)
class PayAmount(Answered):
    """An amount by which a session can be paid."""

    amount: str
    currency: str
    rate: Rate | None  # None: it is the price itself


@dataclass(frozen=True, kw_only=True)
class Session(Answered):
    """One purchase: status goes from "open" to "complete", "expired" or "canceled"."""

    id: str
    object: str
    url: str  # where to send the buyer
    mode: str
    status: str
    amount: str
    currency: str
    reference: str
    description: str | None
    line_items: list[LineItem]
    customer: Customer
    success_url: str | None
    cancel_url: str | None
    payment_methods: list[str] | None
    pay_currencies: list[str] | None  # as you asked; None: as your merchant file says
    pay_amounts: list[PayAmount]  # of which the buyer pays one, the price first
    locale: str | None
    metadata: Mapping[str, str]
    payment: str | None  # what completed it
    payment_link: str | None
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Proof(Answered):
    """What the provider said about the money it took."""

    amount: str
    currency: str
    provider: str
    source: str
    provider_reference: str
    payee: str | None
    transaction_id: str | None
    paid_at: datetime | None
    seen_at: datetime
    raw: Any


@dataclass(frozen=True, kw_only=True)
class ReviewDecision(Answered):
    """What was decided about money that did not fit."""

    decision: str
    note: str | None
    decided_at: datetime


@dataclass(frozen=True, kw_only=True)
class Payment(Answered):
    """One attempt to pay a session."""

    id: str
    object: str
    session: str
    mode: str
    status: str
    provider: str
    method: str
    amount: str
    currency: str
    rate: Rate | None  # by which amount was made of the price; None: it is the price
    price_amount: str  # the session's
    price_currency: str
    merchant_reference: str  # the session's reference
    provider_reference: str  # Rieltime's at the provider
    metadata: Mapping[str, str]  # the session's
    failure_code: str | None
    failure_message: str | None
    review: str | None  # "late", "duplicate", "mismatch", "claimed", "contested" or "unknown"
    review_decision: ReviewDecision | None
    amount_refunded: str
    proof: Proof | None
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ByHand(Answered):
    """Who gave money back outside of any provider."""

    by: str
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refund(Answered):
    """Money given back: "pending", "succeeded" or "failed"."""

    id: str
    object: str
    mode: str
    status: str
    payment: str
    session: str
    provider: str  # or "manual"
    amount: str
    currency: str
    merchant_reference: str  # the session's reference
    provider_reference: str | None  # Rieltime's at the provider; None when made by hand
    metadata: Mapping[str, str]  # the session's
    reason: str
    by_hand: ByHand | None
    transaction_id: str | None
    failure_code: str | None
    created_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None  # when the provider first said that it has it
    unresolved_at: datetime | None  # since when nobody knows what became of it


@dataclass(frozen=True, kw_only=True)
class CustomField(Answered):
    """One thing that the buyer is asked."""

    key: str
    label: str
    required: bool
    max_length: int  # characters


@dataclass(frozen=True, kw_only=True)
class CustomFieldCreate:
    """One thing to ask the buyer."""

    key: str
    label: str
    required: bool | None = None
    max_length: int | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentLink(Answered):
    """An address that opens a new session for whoever visits it."""

    id: str
    object: str
    url: str
    mode: str
    active: bool
    amount: str | None  # None when the buyer chooses
    amount_min: str | None
    amount_max: str | None
    currency: str
    description: str
    reference_prefix: str
    success_url: str | None
    cancel_url: str | None
    payment_methods: list[str] | None
    pay_currencies: list[str] | None
    locale: str | None
    max_uses: int | None  # None is unlimited
    uses: int
    expires_at: datetime | None
    custom_fields: list[CustomField]
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class WebhookEndpoint(Answered):
    """Where events are sent."""

    id: str
    object: str
    mode: str
    url: str
    events: list[str]
    description: str | None
    disabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class WebhookEndpointWithSecret(WebhookEndpoint):
    """An endpoint with its secret, which is shown once."""

    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Redelivery(Answered):
    """How many deliveries were queued."""

    object: str
    queued: int


@dataclass(frozen=True, kw_only=True)
class DeliveryAttempt(Answered):
    """One try; status is None when no answer came."""

    at: datetime
    status: int | None
    answer: str | None  # the first bytes
    error: str | None  # why the event was not taken; None when it was
    took_ms: int
    delivered: bool


@dataclass(frozen=True, kw_only=True)
class Delivery(Answered):
    """One event on its way to one endpoint: "pending", "delivered" or "failed"."""

    id: str
    object: str
    mode: str
    endpoint: str
    event: str
    event_type: str
    status: str
    attempts: list[DeliveryAttempt]
    next_attempt_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class EventDigest(Answered):
    """The object of an events.digest event: the events from first_sequence to
    last_sequence, which are those after the last digest, up to the last one of
    the day."""

    object: str
    date: str  # in Cambodia, such as 2026-11-28
    count: int
    first_sequence: int
    last_sequence: int
    ids_sha256: str

    def matches(self, ids: Sequence[str]) -> bool:
        """Reports whether the ids, in the order of their events' sequence, are
        those of the digest. If not, read the feed again after first_sequence - 1."""
        hashed = sha256("".join(f"{id}\n" for id in ids).encode()).hexdigest()
        return len(ids) == self.count and hashed == self.ids_sha256


EventObject = Session | Payment | Refund | EventDigest | WebhookEndpoint


@dataclass(frozen=True, kw_only=True)
class EventData(Answered):
    """What an event is about, as it was: by the object's own "object", one of the
    classes above; an object that this version does not know stays a dict."""

    object: EventObject | Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Event(Answered):
    """What happened. sequence is its place in the merchant's feed of its mode:
    1, 2, 3 … without a gap."""

    object: str = "event"  # a webhook's body does not have it
    sequence: int
    id: str
    type: str
    timestamp: datetime
    mode: str
    data: EventData
