"""Creates a session and prints where to send the buyer.

    RIELTIME_URL=http://127.0.0.1:8080 RIELTIME_KEY=sk_test_… python3 example.py
"""

import os
import secrets

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
print(session.url)
