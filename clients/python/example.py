"""Creates a session, prints where to send the buyer, and waits until it is paid.

    RIELTIME_URL=http://127.0.0.1:8080 RIELTIME_KEY=sk_test_… python3 example.py
"""

import os
import secrets
import time

import rieltime

client = rieltime.Client(os.environ["RIELTIME_URL"], os.environ["RIELTIME_KEY"])
order = "ORDER-" + secrets.token_hex(5)
session = client.create_session(
    amount="2.50",
    currency="USD",
    reference=order,
    description="Iced coffee",
    success_url="http://localhost:4000/thanks",
    cancel_url="http://localhost:4000/",
    idempotency_key=order,
)
print("Pay here:", session.url, flush=True)

while session.status == "open":
    time.sleep(2)
    session = client.get_session(session.id)
print(f"{session.reference}, {session.amount} {session.currency}: {session.status}")
