"""A shop in one file: create a session, redirect the buyer, verify the webhook.

    RIELTIME_URL=http://localhost:8080 RIELTIME_KEY=sk_test_… \\
    RIELTIME_WEBHOOK_SECRET=whsec_… python3 shop.py

Webhooks come to http://localhost:4000/webhook. Python 3.9 or newer.
"""
import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import Request, urlopen

API = os.environ["RIELTIME_URL"]
KEY = os.environ["RIELTIME_KEY"]
SECRET = base64.b64decode(os.environ["RIELTIME_WEBHOOK_SECRET"].removeprefix("whsec_"))
if not (API and KEY and SECRET):
    raise SystemExit("set RIELTIME_URL, RIELTIME_KEY and RIELTIME_WEBHOOK_SECRET")
PORT = int(os.environ.get("PORT", "4000"))
SHOP = f"http://localhost:{PORT}"

seen = set()  # ids of events worked on; a real shop keeps them in its database


def api(method, path, body=None, idempotency_key=None):
    request = Request(API + path, method=method, headers={"Authorization": f"Bearer {KEY}"})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
        request.add_header("Idempotency-Key", idempotency_key)
    with urlopen(request, timeout=30) as response:
        return json.load(response)


def create_session(order):
    return api("POST", "/v1/checkout/sessions", {
        "amount": "2.50", "currency": "USD", "reference": order, "description": "Iced coffee",
        "success_url": f"{SHOP}/thanks", "cancel_url": f"{SHOP}/",
    }, idempotency_key=order)


def verified(headers, body):
    """Standard Webhooks: one of the signatures must be ours, and recent."""
    sent = headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(time.time() - int(sent)) > 300:
        return False
    signed = f"{headers.get('webhook-id', '')}.{sent}.".encode() + body
    want = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(signature.encode(), want.encode()) for signature in given)


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/":
            self.answer(200, '<form method="post" action="/buy"><button>Buy an iced coffee, $2.50</button></form>')
        elif url.path == "/thanks":
            # Read the session: that the buyer came here proves nothing.
            session_id = parse_qs(url.query).get("session_id", [""])[0]
            session = api("GET", "/v1/checkout/sessions/" + quote(session_id, safe=""))
            paid = session["status"] == "complete"
            self.answer(200, f"Thank you, {session['reference']} is paid." if paid else f"{session['reference']} is not paid yet.")
        else:
            self.answer(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/buy":
            session = create_session("ORDER-" + secrets.token_hex(5))
            self.answer(303, location=session["url"])
        elif self.path == "/webhook":
            self.hear(body)
        else:
            self.answer(404)

    def hear(self, body):
        """Verifies a webhook and fulfils what was paid, once."""
        if not verified(self.headers, body):
            return self.answer(400, "refused")
        event = json.loads(body)
        if event["id"] not in seen and event["type"] == "checkout.session.completed":
            session = event["data"]["object"]
            print(f"fulfil {session['reference']}: {session['amount']} {session['currency']}", flush=True)
        seen.add(event["id"])
        self.answer(204)

    def answer(self, status, text="", location=None):
        body = text.encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if status != 204:
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("localhost", PORT), Shop).serve_forever()
