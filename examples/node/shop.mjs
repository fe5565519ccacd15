// A shop in one file: create a session, redirect the buyer, verify the webhook.
//
//   RIELTIME_URL=http://localhost:8080 RIELTIME_KEY=sk_test_… \
//   RIELTIME_WEBHOOK_SECRET=whsec_… node shop.mjs
//
// Webhooks come to http://localhost:4000/webhook. Node 20 or newer.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { RIELTIME_URL, RIELTIME_KEY, RIELTIME_WEBHOOK_SECRET, PORT = "4000" } = process.env;
if (!RIELTIME_URL || !RIELTIME_KEY || !RIELTIME_WEBHOOK_SECRET) throw new Error("set RIELTIME_URL, RIELTIME_KEY and RIELTIME_WEBHOOK_SECRET");
const shop = `http://localhost:${PORT}`;
const seen = new Set(); // ids of events worked on; a real shop keeps them in its database

async function api(method, path, body, idempotencyKey) {
  const response = await fetch(RIELTIME_URL + path, {
    method,
    headers: {
      authorization: `Bearer ${RIELTIME_KEY}`,
      ...(body && { "content-type": "application/json", "idempotency-key": idempotencyKey }),
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.code}: ${answer.detail} (${answer.request_id})`);
  return answer;
}

// Creates a session for a new order and sends the buyer to it.
async function buy(request, response) {
  const order = "ORDER-" + randomBytes(5).toString("hex");
  const session = await api("POST", "/v1/checkout/sessions", {
    amount: "2.50", currency: "USD", reference: order, description: "Iced coffee",
    success_url: `${shop}/thanks`, cancel_url: `${shop}/`,
  }, order);
  response.writeHead(303, { location: session.url }).end();
}

// Reads the session: that the buyer came here proves nothing.
async function thanks(request, response) {
  const id = new URL(request.url, shop).searchParams.get("session_id") ?? "";
  const session = await api("GET", `/v1/checkout/sessions/${encodeURIComponent(id)}`);
  response.end(session.status === "complete" ? `Thank you, ${session.reference} is paid.\n` : `${session.reference} is not paid yet.\n`);
}

// Standard Webhooks: one of the signatures must be ours, and recent.
function verified(headers, body) {
  const id = headers["webhook-id"] ?? "", sent = headers["webhook-timestamp"] ?? "";
  if (!(Math.abs(Date.now() / 1000 - Number(sent)) <= 300)) return false;
  const key = Buffer.from(RIELTIME_WEBHOOK_SECRET.replace("whsec_", ""), "base64");
  const want = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((part) => {
    const given = part.startsWith("v1,") ? Buffer.from(part.slice(3), "base64") : Buffer.alloc(0);
    return given.length === want.length && timingSafeEqual(given, want);
  });
}

// Verifies a webhook and fulfils what was paid, once.
async function hear(request, response) {
  const body = Buffer.concat(await request.toArray());
  if (!verified(request.headers, body)) return response.writeHead(400).end("refused");
  const event = JSON.parse(body);
  if (!seen.has(event.id) && event.type === "checkout.session.completed") {
    const session = event.data.object;
    console.log(`fulfil ${session.reference}: ${session.amount} ${session.currency}`);
  }
  seen.add(event.id);
  response.writeHead(204).end();
}

function show(request, response) {
  response.setHeader("content-type", "text/html");
  response.end('<form method="post" action="/buy"><button>Buy an iced coffee, $2.50</button></form>');
}

const routes = { "GET /": show, "POST /buy": buy, "GET /thanks": thanks, "POST /webhook": hear };

createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url.split("?")[0]}`];
  if (!route) return response.writeHead(404).end();
  try {
    await route(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(502).end("Something went wrong. Please try again.");
  }
}).listen(Number(PORT), "localhost");
