"""The calls of the API."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from . import form
from .errors import UnexpectedAnswer
from .objects import (
    ByHand,
    Customer,
    CustomFieldCreate,
    Delivery,
    Event,
    LineItem,
    Payment,
    PaymentLink,
    Redelivery,
    Refund,
    Session,
    WebhookEndpoint,
    WebhookEndpointWithSecret,
)
from .pages import Page
from .transport import Transport

T = TypeVar("T")

SESSIONS = "/v1/checkout/sessions"
PAYMENTS = "/v1/payments"
REFUNDS = "/v1/refunds"
LINKS = "/v1/payment_links"
ENDPOINTS = "/v1/webhook_endpoints"
EVENTS = "/v1/events"


def _at(path: str, id: str, *more: str) -> str:
    return "/".join([path, quote(id, safe=""), *more])


def _id(element: Any) -> str:
    return str(element.id)


def _read(kind: type[T], answer: Any) -> T:
    try:
        return form.read(kind, answer)
    except form.OtherForm as error:
        raise UnexpectedAnswer(str(error)) from error


class Client:
    """Calls the API with one secret key; it may be used by several threads.

    base_url is the server's, such as "https://pay.example". A request is sent at
    most attempts times, each of which may take timeout seconds; wait sleeps between
    them. What is None is not sent. Every call raises a RieltimeError.

    Every POST has an Idempotency-Key, made for the call unless given. Give one, such
    as the order's number, to be able to repeat the call later.
    """

    def __init__(self, base_url: str, key: str, *, attempts: int = 4, timeout: float = 30.0, wait: Callable[[float], None] = time.sleep) -> None:
        self._transport = Transport(base_url, key, attempts=attempts, timeout=timeout, wait=wait)

    # Sessions

    def create_session(
        self,
        *,
        amount: str,
        currency: str,
        reference: str,
        success_url: str,
        cancel_url: str,
        description: str | None = None,
        line_items: Sequence[LineItem] | None = None,
        customer: Customer | None = None,
        payment_methods: Sequence[str] | None = None,
        pay_currencies: Sequence[str] | None = None,
        locale: str | None = None,
        expires_in: int | None = None,
        expires_at: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Session:
        """Creates a session; send the buyer to its url. amount is "12.50" dollars
        or "50000" riel; expires_in is in seconds, and expires_at is given instead."""
        params = {
            "amount": amount,
            "currency": currency,
            "reference": reference,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "description": description,
            "line_items": line_items,
            "customer": customer,
            "payment_methods": payment_methods,
            "pay_currencies": pay_currencies,
            "locale": locale,
            "expires_in": expires_in,
            "expires_at": expires_at,
            "metadata": metadata,
        }
        return self._post(Session, SESSIONS, params, idempotency_key)

    def get_session(self, session: str) -> Session:
        """Reads a session."""
        return self._get(Session, _at(SESSIONS, session))

    def list_sessions(
        self,
        *,
        reference: str | None = None,
        status: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page[Session]:
        """Reads a page of sessions, newest first; its all() goes through all of them.
        limit is 1 to 100; give one of the cursors at most. created_from is the first
        time that counts, created_to the first one that does not."""
        query = {"reference": reference, "status": status, "created_from": created_from, "created_to": created_to}
        return self._list(Session, SESSIONS, query | _part(limit, starting_after, ending_before))

    def expire_session(self, session: str, *, idempotency_key: str | None = None) -> Session:
        """Closes an open session early."""
        return self._post(Session, _at(SESSIONS, session, "expire"), {}, idempotency_key)

    # Payments and refunds

    def get_payment(self, payment: str) -> Payment:
        """Reads a payment."""
        return self._get(Payment, _at(PAYMENTS, payment))

    def list_payments(
        self,
        *,
        session: str | None = None,
        merchant_reference: str | None = None,
        status: str | None = None,
        review: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page[Payment]:
        """Reads a page of payments, newest first. merchant_reference is the session's
        reference; review="open" selects those that wait for a decision."""
        query = {
            "session": session,
            "merchant_reference": merchant_reference,
            "status": status,
            "review": review,
            "created_from": created_from,
            "created_to": created_to,
        }
        return self._list(Payment, PAYMENTS, query | _part(limit, starting_after, ending_before))

    def review_payment(self, payment: str, *, decision: str, note: str | None = None, idempotency_key: str | None = None) -> Payment:
        """Decides about money that did not fit: "accept", "refunded" or "refuse"."""
        return self._post(Payment, _at(PAYMENTS, payment, "review"), {"decision": decision, "note": note}, idempotency_key)

    def create_refund(
        self,
        *,
        payment: str,
        reason: str,
        amount: str | None = None,
        currency: str | None = None,
        by_hand: ByHand | None = None,
        idempotency_key: str | None = None,
    ) -> Refund:
        """Gives money back; without an amount all that is left. currency is that of
        amount: the one that was paid, which is the default, or the session's."""
        params = {"payment": payment, "amount": amount, "currency": currency, "reason": reason, "by_hand": by_hand}
        return self._post(Refund, REFUNDS, params, idempotency_key)

    def get_refund(self, refund: str) -> Refund:
        """Reads a refund."""
        return self._get(Refund, _at(REFUNDS, refund))

    def list_refunds(
        self,
        *,
        payment: str | None = None,
        session: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page[Refund]:
        """Reads a page of refunds, newest first."""
        query = {"payment": payment, "session": session, "created_from": created_from, "created_to": created_to}
        return self._list(Refund, REFUNDS, query | _part(limit, starting_after, ending_before))

    # Payment links

    def create_payment_link(
        self,
        *,
        currency: str,
        description: str,
        amount: str | None = None,
        amount_min: str | None = None,
        amount_max: str | None = None,
        reference_prefix: str | None = None,
        success_url: str | None = None,
        cancel_url: str | None = None,
        payment_methods: Sequence[str] | None = None,
        pay_currencies: Sequence[str] | None = None,
        locale: str | None = None,
        max_uses: int | None = None,
        expires_at: datetime | None = None,
        custom_fields: Sequence[CustomFieldCreate] | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentLink:
        """Creates a payment link: with an amount, or both amount_min and amount_max."""
        params = {
            "currency": currency,
            "description": description,
            "amount": amount,
            "amount_min": amount_min,
            "amount_max": amount_max,
            "reference_prefix": reference_prefix,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "payment_methods": payment_methods,
            "pay_currencies": pay_currencies,
            "locale": locale,
            "max_uses": max_uses,
            "expires_at": expires_at,
            "custom_fields": custom_fields,
        }
        return self._post(PaymentLink, LINKS, params, idempotency_key)

    def get_payment_link(self, link: str) -> PaymentLink:
        """Reads a payment link."""
        return self._get(PaymentLink, _at(LINKS, link))

    def list_payment_links(
        self,
        *,
        active: bool | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page[PaymentLink]:
        """Reads a page of links, newest first."""
        return self._list(PaymentLink, LINKS, {"active": active} | _part(limit, starting_after, ending_before))

    def deactivate_payment_link(self, link: str, *, idempotency_key: str | None = None) -> PaymentLink:
        """Ends a link; its sessions live on."""
        return self._post(PaymentLink, _at(LINKS, link, "deactivate"), {}, idempotency_key)

    # Webhook endpoints and deliveries

    def create_webhook_endpoint(
        self,
        *,
        url: str,
        events: Sequence[str] | None = None,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookEndpointWithSecret:
        """Creates an endpoint; keep its secret. Without events it gets all."""
        params = {"url": url, "events": events, "description": description}
        return self._post(WebhookEndpointWithSecret, ENDPOINTS, params, idempotency_key)

    def get_webhook_endpoint(self, endpoint: str) -> WebhookEndpoint:
        """Reads an endpoint."""
        return self._get(WebhookEndpoint, _at(ENDPOINTS, endpoint))

    def list_webhook_endpoints(
        self, *, limit: int | None = None, starting_after: str | None = None, ending_before: str | None = None
    ) -> Page[WebhookEndpoint]:
        """Reads a page of endpoints, newest first."""
        return self._list(WebhookEndpoint, ENDPOINTS, _part(limit, starting_after, ending_before))

    def update_webhook_endpoint(
        self,
        endpoint: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        disabled: bool | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookEndpoint:
        """Changes an endpoint; what is None stays as it is."""
        params = {"url": url, "events": events, "description": description, "disabled": disabled}
        return self._post(WebhookEndpoint, _at(ENDPOINTS, endpoint), params, idempotency_key)

    def delete_webhook_endpoint(self, endpoint: str) -> None:
        """Deletes an endpoint and what was still to be sent to it."""
        self._transport.send("DELETE", _at(ENDPOINTS, endpoint))

    def rotate_webhook_secret(
        self, endpoint: str, *, overlap_seconds: int | None = None, idempotency_key: str | None = None
    ) -> WebhookEndpointWithSecret:
        """Gives an endpoint a new secret; keep it. The old one signs too for
        overlap_seconds, a day unless given."""
        params = {"overlap_seconds": overlap_seconds}
        return self._post(WebhookEndpointWithSecret, _at(ENDPOINTS, endpoint, "rotate_secret"), params, idempotency_key)

    def test_webhook_endpoint(self, endpoint: str, *, idempotency_key: str | None = None) -> Delivery:
        """Sends a webhook.test event to an endpoint."""
        return self._post(Delivery, _at(ENDPOINTS, endpoint, "test"), {}, idempotency_key)

    def list_deliveries(
        self,
        endpoint: str,
        *,
        status: str | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        ending_before: str | None = None,
    ) -> Page[Delivery]:
        """Reads a page of an endpoint's deliveries, newest first."""
        return self._list(Delivery, _at(ENDPOINTS, endpoint, "deliveries"), {"status": status} | _part(limit, starting_after, ending_before))

    def redeliver_one(self, endpoint: str, delivery: str, *, idempotency_key: str | None = None) -> Delivery:
        """Sends one delivery once more."""
        path = _at(_at(ENDPOINTS, endpoint, "deliveries"), delivery, "redeliver")
        return self._post(Delivery, path, {}, idempotency_key)

    def redeliver(
        self,
        endpoint: str,
        *,
        from_: datetime | None = None,
        to: datetime | None = None,
        failed: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Redelivery:
        """Sends the events from from_ to before to, or all failed deliveries, again."""
        params = {"from": from_, "to": to, "failed": failed}
        return self._post(Redelivery, _at(ENDPOINTS, endpoint, "redeliver"), params, idempotency_key)

    # Events

    def get_event(self, event: str) -> Event:
        """Reads an event."""
        return self._get(Event, _at(EVENTS, event))

    def list_events(self, *, after_sequence: int | None = None, type: str | None = None, limit: int | None = None) -> Page[Event]:
        """Reads a page of the feed, oldest first. Keep the sequence of the last event
        that you have worked on and go on from there later."""
        query = {"after_sequence": after_sequence, "type": type, "limit": limit}
        return self._list(Event, EVENTS, query, "after_sequence", lambda event: event.sequence)

    def _get(self, kind: type[T], path: str) -> T:
        return _read(kind, self._transport.send("GET", path))

    def _post(self, kind: type[T], path: str, params: Mapping[str, Any], idempotency_key: str | None) -> T:
        key = secrets.token_urlsafe(24) if idempotency_key is None else idempotency_key
        return _read(kind, self._transport.send("POST", path, body=params, idempotency_key=key))

    def _list(
        self, kind: type[T], path: str, query: Mapping[str, Any], cursor: str = "starting_after", place: Callable[[T], Any] = _id
    ) -> Page[T]:
        answer = self._transport.send("GET", path, query=query)
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list) or not isinstance(answer.get("has_more"), bool):
            raise UnexpectedAnswer("the answer is no list")

        data = [_read(kind, element) for element in answer["data"]]
        to_newer = query.get("ending_before") is not None
        if to_newer:
            cursor = "ending_before"
        following = lambda last: self._list(kind, path, {**query, cursor: place(last)}, cursor, place)
        return Page(data, answer["has_more"], _following=following, _to_newer=to_newer)


def _part(limit: int | None, starting_after: str | None, ending_before: str | None) -> dict[str, Any]:
    """The parameters that select a page."""
    return {"limit": limit, "starting_after": starting_after, "ending_before": ending_before}
