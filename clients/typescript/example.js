// Creates a session, prints where to send the buyer, and waits until it is paid.
//   RIELTIME_URL=http://127.0.0.1:8080 RIELTIME_KEY=sk_test_… node example.js

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Rieltime } from "./rieltime.js";

const client = new Rieltime({ baseUrl: process.env.RIELTIME_URL, key: process.env.RIELTIME_KEY });
const order = `ORDER-${randomBytes(5).toString("hex")}`;
let session = await client.createSession({
  amount: "2.50", currency: "USD", reference: order, description: "Iced coffee",
  success_url: "http://localhost:4000/thanks", cancel_url: "http://localhost:4000/",
}, { idempotencyKey: order });
console.log(`Pay here: ${session.url}`);

while (session.status === "open") {
  await sleep(2000);
  session = await client.getSession(session.id);
}
console.log(`${session.reference}, ${session.amount} ${session.currency}: ${session.status}`);
