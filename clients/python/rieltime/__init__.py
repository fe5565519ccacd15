"""A client of the Rieltime API. It needs the standard library alone.

    client = rieltime.Client("https://pay.example", "sk_test_…")
    session = client.create_session(
        amount="12.50", currency="USD", reference="ORDER-1001",
        success_url="https://shop.example/thanks", cancel_url="https://shop.example/cart",
    )
    # redirect the buyer to session.url, then wait for the webhook

Every call is named after its operationId in the server's /openapi.json and
described at its /docs. Amounts are decimal text, times are datetime with a time
zone, and what is absent is None.
"""

from .client import Client
from .errors import ApiError, FieldError, NoAnswer, RieltimeError, UnexpectedAnswer, WebhookRefused
from .objects import (
    ByHand,
    Customer,
    CustomField,
    CustomFieldCreate,
    Delivery,
    DeliveryAttempt,
    Event,
    EventData,
    EventDigest,
    LineItem,
    PayAmount,
    Payment,
    PaymentLink,
    Proof,
    Rate,
    Redelivery,
    Refund,
    ReviewDecision,
    Session,
    WebhookEndpoint,
    WebhookEndpointWithSecret,
)
from .pages import Page
from .webhook import Webhook

__all__ = [
    "ApiError",
    "ByHand",
    "Client",
    "CustomField",
    "CustomFieldCreate",
    "Customer",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "EventData",
    "EventDigest",
    "FieldError",
    "LineItem",
    "NoAnswer",
    "Page",
    "PayAmount",
    "Payment",
    "PaymentLink",
    "Proof",
    "Rate",
    "Redelivery",
    "Refund",
    "ReviewDecision",
    "RieltimeError",
    "Session",
    "UnexpectedAnswer",
    "Webhook",
    "WebhookEndpoint",
    "WebhookEndpointWithSecret",
    "WebhookRefused",
]
