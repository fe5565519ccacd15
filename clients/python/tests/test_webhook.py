"""Webhooks and digests."""

import base64
import hashlib
import hmac
import json
import unittest
from typing import Any

import rieltime

KEY = b"a key of twenty-four byte"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
MOMENT = 1_795_000_000
BODY = json.dumps(
    {
        "id": "evt_1",
        "sequence": 3,
        "type": "refund.vanished",
        "timestamp": "2026-11-21T08:00:00Z",
        "mode": "test",
        "data": {"object": {"object": "voucher", "id": "vo_1"}},
    }
)


def signed(body: str = BODY, *, key: bytes = KEY, id: str = "evt_1", at: int = MOMENT) -> dict[str, str]:
    mac = hmac.new(key, f"{id}.{at}.{body}".encode(), hashlib.sha256).digest()
    return {"Webhook-Id": id, "webhook-timestamp": str(at), "WEBHOOK-SIGNATURE": "v1," + base64.b64encode(mac).decode()}


def verifier(now: float = MOMENT) -> rieltime.Webhook:
    return rieltime.Webhook(SECRET, now=lambda: now)


class WebhookTest(unittest.TestCase):
    def test_a_signed_webhook_is_read_also_of_a_kind_that_is_not_known(self) -> None:
        bodies: tuple[str | bytes, ...] = (BODY, BODY.encode())
        for body in bodies:
            event = verifier(MOMENT + 299).verify(signed(), body)
            self.assertEqual((event.id, event.sequence, event.type), ("evt_1", 3, "refund.vanished"))
            self.assertEqual(event.data.object, {"object": "voucher", "id": "vo_1"})

    def test_one_of_several_signatures_is_enough(self) -> None:
        headers = signed()
        headers["WEBHOOK-SIGNATURE"] = f"v1,AAAA v1a,xyz {headers['WEBHOOK-SIGNATURE']} v1,é"
        self.assertEqual(verifier().verify(headers, BODY).id, "evt_1")

    def test_the_published_vector_of_standard_webhooks_passes(self) -> None:
        webhook = rieltime.Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now=lambda: 1614265330)
        headers = {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }
        webhook.check(headers, '{"test": 2432232314}')
        with self.assertRaises(rieltime.WebhookRefused):
            webhook.check(headers, '{"test": 2432232315}')

    def test_forged_changed_and_old_webhooks_are_refused(self) -> None:
        good = signed()
        cases: list[tuple[str, dict[str, str], str, float]] = [
            ("another body", good, BODY + " ", MOMENT),
            ("another id", good | {"Webhook-Id": "evt_2"}, BODY, MOMENT),
            ("another time", good | {"webhook-timestamp": str(MOMENT + 1)}, BODY, MOMENT),
            ("another key", signed(key=b"another"), BODY, MOMENT),
            ("no signature", good | {"WEBHOOK-SIGNATURE": ""}, BODY, MOMENT),
            ("nonsense", good | {"WEBHOOK-SIGNATURE": "v1,%%% v2,x v1,\udc80"}, BODY, MOMENT),
            ("a time of other digits", signed() | {"webhook-timestamp": "１７９５００００００"}, BODY, MOMENT),
            ("a time behind a blank", good | {"webhook-timestamp": f"{MOMENT}\n"}, BODY, MOMENT),
            ("no headers", {}, BODY, MOMENT),
            ("too old", good, BODY, MOMENT + 301),
            ("from the future", good, BODY, MOMENT - 301),
            ("no event", signed("{}"), "{}", MOMENT),
            ("no JSON", signed("x"), "x", MOMENT),
        ]
        for name, headers, body, now in cases:
            with self.subTest(name), self.assertRaises(rieltime.WebhookRefused):
                verifier(now).verify(headers, body)

    def test_a_payment_of_an_earlier_event_is_read_with_what_is_paid_as_its_price(self) -> None:
        payment: dict[str, Any] = {
            "object": "payment", "id": "pay_1", "session": "cs_1", "mode": "live", "status": "succeeded", "provider": "bakong", "method": "khqr", "amount": "5.50", "currency": "USD",
            "merchant_reference": "order-1", "provider_reference": "r1", "metadata": {}, "amount_refunded": "0.00", "created_at": "2026-11-21T08:00:00Z", "expires_at": "2026-11-21T08:10:00Z",
        }
        none: dict[str, str] = {}
        for more, price in ((none, ("5.50", "USD")), ({"price_amount": "22000", "price_currency": "KHR"}, ("22000", "KHR"))):
            event = {"id": "evt_1", "sequence": 3, "type": "payment.succeeded", "timestamp": "2026-11-21T08:00:00Z", "mode": "live", "data": {"object": {**payment, **more}}}
            body = json.dumps(event)
            read: Any = verifier().verify(signed(body), body).data.object
            self.assertEqual((read.price_amount, read.price_currency), price)
            self.assertEqual(read.extra, {})

    def test_what_is_no_secret_is_refused_without_showing_it(self) -> None:
        for secret in ("", "whsec_", "whsec_%%%"):
            with self.assertRaises(ValueError) as caught:
                rieltime.Webhook(secret)
            self.assertNotIn("%%%", str(caught.exception))

    def test_a_digest_matches_the_ids_of_its_events_alone(self) -> None:
        digest: Any = rieltime.EventDigest(
            object="event_digest", date="2026-11-28", count=2, first_sequence=7, last_sequence=8, ids_sha256=hashlib.sha256(b"evt_a\nevt_b\n").hexdigest()
        )
        self.assertTrue(digest.matches(["evt_a", "evt_b"]))
        for ids in ([], ["evt_a"], ["evt_b", "evt_a"], ["evt_a", "evt_b", "evt_c"], ["evt_a\nevt_b"]):
            self.assertFalse(digest.matches(ids), ids)


if __name__ == "__main__":
    unittest.main()
