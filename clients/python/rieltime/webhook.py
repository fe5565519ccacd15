"""Verification of webhooks, by Standard Webhooks 1.0."""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping

from . import form
from .errors import WebhookRefused
from .objects import Event

TOLERANCE = 300  # seconds
PREFIX = "whsec_"


class Webhook:
    """Verifies what is posted to one webhook endpoint.

    secret is the endpoint's, "whsec_…"; now gives the seconds since 1970.
    """

    def __init__(self, secret: str, *, now: Callable[[], float] = time.time) -> None:
        try:
            self._key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            self._key = b""
        if not self._key:
            raise ValueError("the webhook secret is not one")
        self._now = now

    def verify(self, headers: Mapping[str, str], body: bytes | str) -> Event:
        """Checks the signature and age of a webhook, whose body must be as it
        arrived, and reads its event; raises WebhookRefused. The same event may come
        more than once: keep the ids of those you have worked on."""
        self.check(headers, body)
        try:
            return form.read(Event, json.loads(body))
        except (ValueError, RecursionError) as error:
            raise WebhookRefused("its body is no event") from error

    def check(self, headers: Mapping[str, str], body: bytes | str) -> None:
        """Checks the signature and age alone."""
        given = {name.lower(): value for name, value in headers.items()}
        sent = given.get("webhook-timestamp", "")
        if not re.fullmatch(r"[0-9]{1,12}", sent) or abs(self._now() - int(sent)) > TOLERANCE:
            raise WebhookRefused("its time is wrong")

        signed = f"{given.get('webhook-id', '')}.{sent}.".encode(errors="replace")
        signed += body.encode(errors="replace") if isinstance(body, str) else body
        want = b"v1," + base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest())

        # While a secret is being rotated there are two signatures, parted by a blank.
        signatures = given.get("webhook-signature", "").split(" ")
        if not any(hmac.compare_digest(signature.encode(errors="replace"), want) for signature in signatures):
            raise WebhookRefused("its signature is wrong")
