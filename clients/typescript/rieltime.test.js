import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";
import { Rieltime, RieltimeError, all, digestMatches, verifyWebhook } from "./rieltime.js";

// fake answers requests one after the other and keeps them.
function fake(...answers) {
  const requests = [], waits = [];
  const client = new Rieltime({
    baseUrl: "https://pay.example/", key: "sk_test_1",
    wait: async (ms) => { waits.push(ms); },
    fetch: async (url, request) => {
      requests.push({ url, ...request });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      const { status = 200, headers = {}, body = {} } = answer;
      return new Response(status === 204 ? null : JSON.stringify(body), { status, headers });
    },
  });
  return { client, requests, waits };
}

test("a session is created with the key and an Idempotency-Key", async () => {
  const { client, requests } = fake({ status: 201, body: { id: "cs_1" } });
  const session = await client.createSession({ amount: "1.00" });
  assert.equal(session.id, "cs_1");
  assert.equal(requests[0].url, "https://pay.example/v1/checkout/sessions");
  assert.equal(requests[0].headers.authorization, "Bearer sk_test_1");
  assert.match(requests[0].headers["idempotency-key"], /^[\x21-\x7e]{16,}$/);
  assert.deepEqual(JSON.parse(requests[0].body), { amount: "1.00" });
});

test("a request is repeated with the same key after 5xx, 429 and a lost connection", async () => {
  const { client, requests, waits } = fake(
    { status: 503 }, { status: 429, headers: { "retry-after": "7" } }, new TypeError("fetch failed"), { status: 201, body: { id: "re_1" } });
  assert.equal((await client.createRefund({})).id, "re_1");
  assert.equal(new Set(requests.map((r) => r.headers["idempotency-key"])).size, 1);
  assert.equal(waits.length, 3);
  assert.equal(waits[1], 7000);
});

test("a refusal is not repeated and says what is wrong", async () => {
  const { client, requests } = fake({ status: 400, body: { code: "amount_invalid", param: "amount", detail: "No.", request_id: "req_1", errors: [{ code: "amount_invalid", param: "amount", detail: "No." }] } });
  await assert.rejects(client.createSession({}), (error) =>
    error instanceof RieltimeError && error.status === 400 && error.code === "amount_invalid" && error.param === "amount" && error.requestId === "req_1" && error.errors[0].param === "amount");
  assert.equal(requests.length, 1);
});

test("a redirect is not followed", async (t) => {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    response.writeHead(307, { location: "/elsewhere" }).end();
  }).listen(0);
  t.after(() => server.close());
  const client = new Rieltime({ baseUrl: `http://127.0.0.1:${server.address().port}`, key: "sk_test_1" });
  await assert.rejects(client.createRefund({}), (error) => error instanceof RieltimeError && error.status === 307);
  assert.deepEqual(seen, ["/v1/refunds"]);
});

test("attempts come to an end", async () => {
  const { client, requests } = fake({ status: 500 });
  await assert.rejects(client.getSession("cs_1"), { status: 500 });
  assert.equal(requests.length, 4);
});

test("an aborted call is not repeated", async () => {
  const { client, requests } = fake(new TypeError("aborted"));
  await assert.rejects(client.getSession("cs_1", { signal: AbortSignal.abort() }));
  assert.equal(requests.length, 1);
});

test("ids are escaped and absent query fields left out", async () => {
  const { client, requests } = fake({});
  await client.getPayment("a/b?c");
  await client.listPayments({ session: "cs_1", review: undefined });
  assert.deepEqual(requests.map((r) => r.url), ["https://pay.example/v1/payments/a%2Fb%3Fc", "https://pay.example/v1/payments?session=cs_1"]);
});

test("a deletion has no answer", async () => {
  const { client } = fake({ status: 204 });
  assert.equal(await client.deleteWebhookEndpoint("we_1"), undefined);
});

test("all goes on behind the last object, events behind the last sequence", async () => {
  const sessions = fake({ body: { data: [{ id: "cs_2", object: "checkout.session" }], has_more: true } }, { body: { data: [{ id: "cs_1", object: "checkout.session" }], has_more: false } });
  const ids = [];
  for await (const session of all((q) => sessions.client.listSessions(q), { status: "open" })) ids.push(session.id);
  assert.deepEqual(ids, ["cs_2", "cs_1"]);
  assert.match(sessions.requests[1].url, /\?status=open&starting_after=cs_2$/);

  const events = fake({ body: { data: [{ id: "evt_1", object: "event", sequence: 7 }], has_more: true } }, { body: { data: [], has_more: false } });
  for await (const event of all((q) => events.client.listEvents(q))) assert.equal(event.sequence, 7);
  assert.match(events.requests[1].url, /\?after_sequence=7$/);
});

const secret = "whsec_" + Buffer.from("a key of twenty-four byte").toString("base64");

function signed(body, { time = 1_795_000_000, id = "evt_1", with: key = secret } = {}) {
  const mac = createHmac("sha256", Buffer.from(key.slice(6), "base64")).update(`${id}.${time}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(time), "webhook-signature": "v1," + mac };
}

test("a signed webhook is read, also during a rotation and from Headers", async () => {
  const headers = signed('{"id":"evt_1"}');
  assert.equal((await verifyWebhook(secret, headers, '{"id":"evt_1"}', 1_795_000_100)).id, "evt_1");
  headers["webhook-signature"] = "v1,AAAA " + headers["webhook-signature"];
  assert.equal((await verifyWebhook(secret, new Headers(headers), '{"id":"evt_1"}', 1_795_000_100)).id, "evt_1");
});

test("forged, changed and old webhooks are refused", async () => {
  const body = '{"id":"evt_1"}', now = 1_795_000_000;
  const good = signed(body);
  for (const [name, headers, text, time] of [
    ["changed body", good, body + " ", now],
    ["another id", { ...good, "webhook-id": "evt_2" }, body, now],
    ["another time", { ...good, "webhook-timestamp": String(now + 1) }, body, now],
    ["another key", signed(body, { with: "whsec_" + Buffer.from("another").toString("base64") }), body, now],
    ["no signature", { ...good, "webhook-signature": "" }, body, now],
    ["nonsense", { ...good, "webhook-signature": "v1,%%% v2,x" }, body, now],
    ["no headers", {}, body, now],
    ["too old", good, body, now + 301],
    ["from the future", good, body, now - 301],
  ]) {
    await assert.rejects(verifyWebhook(secret, headers, text, time), /webhook refused/, name);
  }
});

test("a digest matches the ids of its events alone, in their order", async () => {
  const digest = {
    object: "event_digest", date: "2026-11-28", count: 2, first_sequence: 7, last_sequence: 8,
    ids_sha256: createHash("sha256").update("evt_a\nevt_b\n").digest("hex"),
  };
  assert.equal(await digestMatches(digest, ["evt_a", "evt_b"]), true);
  for (const ids of [[], ["evt_a"], ["evt_b", "evt_a"], ["evt_a", "evt_b", "evt_c"], ["evt_a\nevt_b"]]) {
    assert.equal(await digestMatches(digest, ids), false, ids.join());
  }
});
