"""The client against a server that answers one request after the other."""

import json
import threading
import time
import unittest
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import rieltime
from rieltime import transport

SESSION: dict[str, Any] = {
    "id": "cs_1", "object": "checkout.session", "url": "https://pay.example/c/cs_1", "mode": "test", "status": "open",
    "amount": "1.00", "currency": "USD", "reference": "r", "description": None, "line_items": [],
    "customer": {"id": None, "name": None, "email": None, "phone": None}, "success_url": None, "cancel_url": None,
    "payment_methods": None, "pay_currencies": None, "pay_amounts": [], "locale": None, "metadata": {}, "payment": None, "payment_link": None,
    "created_at": "2026-11-21T08:00:00Z", "expires_at": "2026-11-21T08:30:00.123456789Z", "closed_at": None,
}  # fmt: skip
EVENT: dict[str, Any] = {"object": "event", "id": "evt_1", "type": "webhook.test", "timestamp": "2026-11-21T08:00:00Z", "mode": "test", "data": {"object": SESSION}}
PARAMS: dict[str, Any] = {"amount": "1.00", "currency": "USD", "reference": "r", "success_url": "https://s.example/", "cancel_url": "https://s.example/"}


@dataclass
class Answer:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] | None = None
    hang_up: bool = False
    cut: bool = False  # promise more than is sent
    trickle: bool = False


@dataclass
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Fake:
    """A server; its last answer stays."""

    def __init__(self, *answers: Answer) -> None:
        self.seen: list[Seen] = []
        self.waits: list[float] = []
        self.done = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fake.seen.append(Seen(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                fake.give(self, answers[min(len(fake.seen), len(answers)) - 1])

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def give(self, to: BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer.hang_up:
            to.close_connection = True
            return
        text = answer.body if isinstance(answer.body, bytes) else b"" if answer.body is None else json.dumps(answer.body).encode()
        to.send_response(answer.status)
        for name, value in (answer.headers or {}).items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(text) + (9 if answer.cut or answer.trickle else 0)))
        to.end_headers()
        to.wfile.write(text)
        while answer.trickle and not self.done.wait(0.05):
            to.wfile.write(b" ")
            to.wfile.flush()

    def client(self, attempts: int = 4, timeout: float = 30.0) -> rieltime.Client:
        return rieltime.Client(self.url + "/", "sk_test_1", attempts=attempts, timeout=timeout, wait=self.waits.append)

    def stop(self) -> None:
        self.done.set()
        self.server.shutdown()
        self.server.server_close()


class ClientTest(unittest.TestCase):
    def fake(self, *answers: Answer) -> Fake:
        fake = Fake(*answers)
        self.addCleanup(fake.stop)
        return fake

    def test_a_session_is_created_with_the_key_and_an_idempotency_key(self) -> None:
        fake = self.fake(Answer(201, SESSION))
        session = fake.client().create_session(
            **PARAMS, line_items=[rieltime.LineItem(name="កាហ្វេ", quantity=2, amount="0.50")], customer=rieltime.Customer(name="Sophea"), metadata={"table": "4"},
            expires_at=datetime(2026, 11, 21, 8, 30, tzinfo=timezone.utc),
        )  # fmt: skip
        self.assertEqual(session.url, "https://pay.example/c/cs_1")
        self.assertEqual(session.expires_at, datetime(2026, 11, 21, 8, 30, 0, 123456, timezone.utc))
        sent = fake.seen[0]
        self.assertEqual((sent.method, sent.path), ("POST", "/v1/checkout/sessions"))
        self.assertEqual(sent.headers["authorization"], "Bearer sk_test_1")
        self.assertEqual(sent.headers["content-type"], "application/json")
        self.assertRegex(sent.headers["idempotency-key"], r"^[\x21-\x7e]{16,}$")
        want = PARAMS | {
            "line_items": [{"name": "កាហ្វេ", "quantity": 2, "amount": "0.50"}], "customer": {"name": "Sophea"}, "metadata": {"table": "4"},
            "expires_at": "2026-11-21T08:30:00Z",
        }  # fmt: skip
        self.assertEqual(json.loads(sent.body), want)

    def test_a_request_is_repeated_with_the_same_key_and_body(self) -> None:
        fake = self.fake(
            Answer(503, b"<html>"), Answer(429, {"code": "rate_limited"}, {"Retry-After": "7"}), Answer(hang_up=True), Answer(201, SESSION)
        )
        self.assertEqual(fake.client().create_session(**PARAMS).id, "cs_1")
        self.assertEqual(len(fake.seen), 4)
        self.assertEqual(len({(s.headers["idempotency-key"], s.body) for s in fake.seen}), 1)
        self.assertEqual(len(fake.waits), 3)
        self.assertEqual(fake.waits[1], 7)

    def test_a_request_in_flight_is_repeated_and_a_given_key_is_sent(self) -> None:
        fake = self.fake(Answer(409, {"code": "idempotency_in_flight"}), Answer(201, SESSION))
        fake.client().create_session(**PARAMS, idempotency_key="order-1")
        self.assertEqual([s.headers["idempotency-key"] for s in fake.seen], ["order-1", "order-1"])

    def test_two_calls_have_two_keys(self) -> None:
        fake = self.fake(Answer(201, SESSION))
        for _ in range(2):
            fake.client().create_session(**PARAMS)
        self.assertEqual(len({s.headers["idempotency-key"] for s in fake.seen}), 2)

    def test_a_refusal_is_not_repeated_and_names_the_error(self) -> None:
        errors = [{"code": "amount_invalid", "param": "amount", "detail": "No."}, {"code": "currency_missing", "param": None, "detail": "Nor this."}]
        fake = self.fake(Answer(400, {"code": "amount_invalid", "param": "amount", "detail": "No.", "request_id": "req_1", "errors": errors}))
        with self.assertRaises(rieltime.ApiError) as caught:
            fake.client().create_session(**PARAMS)
        error = caught.exception
        self.assertEqual((error.status, error.code, error.param, error.detail, error.request_id), (400, "amount_invalid", "amount", "No.", "req_1"))
        self.assertEqual(error.errors[1], rieltime.FieldError("currency_missing", "", "Nor this."))
        self.assertEqual(len(fake.seen), 1)

    def test_attempts_come_to_an_end(self) -> None:
        fake = self.fake(Answer(500, b"", {"X-Request-Id": "req_9", "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}))
        with self.assertRaises(rieltime.ApiError) as caught:
            fake.client().get_session("cs_1")
        self.assertEqual((caught.exception.code, caught.exception.request_id, len(fake.seen)), ("", "req_9", 4))

    def test_a_redirect_is_not_followed(self) -> None:
        elsewhere = self.fake(Answer(200, SESSION))
        for status in (301, 302, 303, 307, 308):
            fake = self.fake(Answer(status, b"", {"Location": elsewhere.url + "/v1/checkout/sessions"}))
            with self.assertRaises(rieltime.ApiError) as caught:
                fake.client().create_session(**PARAMS)
            self.assertEqual((caught.exception.status, len(fake.seen)), (status, 1))
        self.assertEqual(elsewhere.seen, [])

    def test_an_answer_that_is_cut_short_or_trickles_in_is_none(self) -> None:
        for answer in (Answer(200, SESSION, cut=True), Answer(200, SESSION, trickle=True)):
            fake = self.fake(answer)
            begun = time.monotonic()
            with self.assertRaises(rieltime.NoAnswer):
                fake.client(attempts=1, timeout=0.2).get_session("cs_1")
            self.assertLess(time.monotonic() - begun, 10)

    def test_a_server_that_is_not_there_gives_no_answer(self) -> None:
        fake = self.fake(Answer())
        fake.stop()
        with self.assertRaises(rieltime.NoAnswer) as caught:
            fake.client().get_session("cs_1")
        self.assertIsInstance(caught.exception.__cause__, OSError)
        self.assertEqual(len(fake.waits), 3)

    def test_an_answer_of_another_form_is_not_repeated(self) -> None:
        for body in (b"<html>", b"[]", {"id": "cs_1"}, SESSION | {"amount": 1.5}, SESSION | {"line_items": {}}, SESSION | {"created_at": "today"}):
            fake = self.fake(Answer(200, body))
            with self.assertRaises(rieltime.UnexpectedAnswer, msg=repr(body)):
                fake.client().get_session("cs_1")
            self.assertEqual(len(fake.seen), 1)

    def test_unknown_fields_and_values_are_kept(self) -> None:
        fake = self.fake(Answer(200, SESSION | {"status": "frozen", "tip": {"amount": "0.10"}}))
        session = fake.client().get_session("cs_1")
        self.assertEqual((session.status, session.extra), ("frozen", {"tip": {"amount": "0.10"}}))

    def test_ids_are_escaped_and_absent_query_fields_left_out(self) -> None:
        fake = self.fake(Answer(404, {"code": "not_found"}))
        client = fake.client()
        with self.assertRaises(rieltime.ApiError):
            client.get_payment("a/b?c")
        with self.assertRaises(rieltime.ApiError):
            client.list_payment_links(active=False, limit=2)
        self.assertEqual([s.path for s in fake.seen], ["/v1/payments/a%2Fb%3Fc", "/v1/payment_links?active=false&limit=2"])

    def test_a_deletion_has_no_answer(self) -> None:
        fake = self.fake(Answer(204))
        fake.client().delete_webhook_endpoint("we_1")
        self.assertEqual((fake.seen[0].method, fake.seen[0].path), ("DELETE", "/v1/webhook_endpoints/we_1"))

    def test_lists_are_gone_through_page_by_page(self) -> None:
        pages = [{"data": [SESSION | {"id": "cs_3"}, SESSION | {"id": "cs_2"}], "has_more": True}, {"data": [SESSION], "has_more": False}]
        fake = self.fake(Answer(200, pages[0]), Answer(200, pages[1]))
        found = [session.id for session in fake.client().list_sessions(status="open").all()]
        self.assertEqual(found, ["cs_3", "cs_2", "cs_1"])
        self.assertEqual([s.path for s in fake.seen], ["/v1/checkout/sessions?status=open", "/v1/checkout/sessions?status=open&starting_after=cs_2"])

    def test_events_go_on_behind_the_last_sequence(self) -> None:
        fake = self.fake(Answer(200, {"data": [EVENT | {"sequence": 7}], "has_more": True}), Answer(200, {"data": [], "has_more": False}))
        events = list(fake.client().list_events(after_sequence=0).all())
        self.assertEqual([e.sequence for e in events], [7])
        self.assertIsInstance(events[0].data.object, rieltime.Session)
        self.assertEqual([s.path for s in fake.seen], ["/v1/events?after_sequence=0", "/v1/events?after_sequence=7"])

    def test_a_time_without_a_zone_is_refused_before_anything_is_sent(self) -> None:
        fake = self.fake(Answer(200, SESSION))
        with self.assertRaises(ValueError):
            fake.client().create_session(**PARAMS, expires_at=datetime(2026, 11, 21))
        self.assertEqual(fake.seen, [])

    def test_other_addresses_are_refused(self) -> None:
        for address in ("", "pay.example", "file:///etc/passwd", "ftp://pay.example", "https://"):
            with self.assertRaises(ValueError):
                rieltime.Client(address, "sk_test_1")

    def test_a_key_that_is_none_is_refused_without_showing_it(self) -> None:
        for key in ("", "sk_test_1\n", "sk test"):
            with self.assertRaises(ValueError) as caught:
                rieltime.Client("https://pay.example", key)
            self.assertNotIn("sk", str(caught.exception))

    def test_pauses_double_with_jitter(self) -> None:
        for attempt, most in {1: 0.5, 2: 1.0, 3: 2.0, 100: 60.0}.items():
            pause = transport._pause(attempt, rieltime.NoAnswer())
            self.assertTrue(most / 2 <= pause <= most, f"after attempt {attempt}: {pause}")
        self.assertEqual(transport._pause(1, rieltime.ApiError(429, retry_after=3600)), 60)

    def test_the_key_is_not_shown(self) -> None:
        self.assertNotIn("sk_test_1", repr(vars(self.fake(Answer()).client())))


if __name__ == "__main__":
    unittest.main()
