import assert from "node:assert/strict";
import { test } from "node:test";
import { Rieltime } from "./rieltime.js";
import { amountText, closeSessions, outcomeOf, refundOnce, sessionFor } from "./shop.js";

const order = { amount: "12.50", currency: "USD", reference: "ORDER-1" };
const session = (id, status, changes = {}) => ({ object: "checkout.session", id, status, ...order, ...changes });

/** A client of a server that has some sessions and refunds. */
function fake({ sessions = [], refunds = [], expire = () => ({}) } = {}) {
  const requests = [];
  const client = new Rieltime({
    baseUrl: "https://pay.example", key: "sk_test_1", attempts: 1,
    fetch: async (url, { method, headers, body }) => {
      const path = url.replace("https://pay.example/v1/", "");
      requests.push({ method, path, key: headers["idempotency-key"], body: body && JSON.parse(body) });
      const { http = 200, ...answer } =
        method === "POST" && path.endsWith("/expire") ? expire(path) :
        method === "POST" ? { id: "new", ...JSON.parse(body) } :
        path.startsWith("refunds") ? { data: refunds, has_more: false } :
        path.startsWith("checkout/sessions?") ? { data: sessions, has_more: false } : session(path.split("/").at(-1), "complete");
      return new Response(JSON.stringify(answer), { status: http });
    },
  });
  return { client, posts: () => requests.filter((request) => request.method === "POST") };
}

test("decimals become the API's amounts, and nothing is rounded", () => {
  for (const [decimal, currency, text] of [["12.5", "USD", "12.50"], ["0.05", "USD", "0.05"], ["0012.500", "USD", "12.50"], ["50000", "KHR", "50000"], ["50000.00", "KHR", "50000"], ["90071992547409931.01", "USD", "90071992547409931.01"]]) {
    assert.equal(amountText(decimal, currency), text);
  }
  for (const [decimal, currency] of [["0", "USD"], ["0.00", "USD"], ["-1", "USD"], ["1.005", "USD"], ["0.5", "KHR"], ["1e3", "USD"], ["", "USD"], [".5", "USD"], ["1.", "EUR"], ["NaN", "USD"]]) {
    assert.throws(() => amountText(decimal, currency), `${decimal} ${currency}`);
  }
});

test("only a complete session of this amount, currency and reference pays an order", () => {
  assert.equal(outcomeOf(session("cs_1", "complete"), order), "paid");
  for (const other of [{ amount: "12.51" }, { currency: "KHR" }, { reference: "ORDER-2" }]) assert.equal(outcomeOf(session("cs_1", "complete", other), order), "mismatch");
  for (const [status, outcome] of [["open", "open"], ["expired", "closed"], ["canceled", "closed"]]) assert.equal(outcomeOf(session("cs_1", status), order), outcome);
});

test("an order has one open session, and none once it is paid", async () => {
  const open = fake({ sessions: [session("cs_2", "open"), session("cs_1", "expired")] });
  assert.equal((await sessionFor(open.client, order)).id, "cs_2");
  assert.deepEqual(open.posts(), []);

  const paid = fake({ sessions: [session("cs_2", "open", { amount: "9.00" }), session("cs_1", "complete", { amount: "1.00" })] });
  assert.equal((await sessionFor(paid.client, order)).id, "cs_1");
  assert.deepEqual(paid.posts(), []);
});

test("a changed order closes its session and gets another, by a key of its own", async () => {
  const changed = fake({ sessions: [session("cs_1", "open", { amount: "9.00" })] });
  assert.equal((await sessionFor(changed.client, order)).id, "new");
  assert.deepEqual(changed.posts().map(({ path }) => path), ["checkout/sessions/cs_1/expire", "checkout/sessions"]);
  assert.equal(changed.posts()[1].key, "ORDER-1-1-12.50-USD");

  const meanwhile = fake({ sessions: [session("cs_1", "open", { amount: "9.00" })], expire: () => ({ http: 409, code: "session_complete" }) });
  await assert.rejects(sessionFor(meanwhile.client, order), /session_complete/);
  assert.equal(meanwhile.posts().length, 1);
});

test("closing an order's sessions tells of the one that is paid", async () => {
  const open = fake({ sessions: [session("cs_2", "open"), session("cs_1", "expired")] });
  assert.equal(await closeSessions(open.client, "ORDER-1"), undefined);
  assert.deepEqual(open.posts().map(({ path }) => path), ["checkout/sessions/cs_2/expire"]);

  const meanwhile = fake({ sessions: [session("cs_2", "open")], expire: () => ({ http: 409, code: "session_complete" }) });
  assert.equal((await closeSessions(meanwhile.client, "ORDER-1")).id, "cs_2");
  const closed = fake({ sessions: [session("cs_2", "open")], expire: () => ({ http: 409, code: "session_closed" }) });
  assert.equal(await closeSessions(closed.client, "ORDER-1"), undefined);
  const unknown = fake({ sessions: [session("cs_2", "open")], expire: () => ({ http: 503 }) });
  await assert.rejects(closeSessions(unknown.client, "ORDER-1"));
});

test("a refund has the same key until the shop has stored it, or it failed", async () => {
  const refund = { payment: "pay_1", amount: "1.00", currency: "USD", reason: "Cold" };
  const keyOf = async (stored, refunds) => {
    const { client, posts } = fake({ refunds });
    await refundOnce(client, refund, stored);
    assert.deepEqual(posts()[0].body, refund);
    return posts()[0].key;
  };
  const made = { object: "refund", id: "re_1", status: "succeeded" }, failed = { object: "refund", id: "re_2", status: "failed" };
  assert.equal(await keyOf(0, []), await keyOf(0, [made])); // its answer was lost
  assert.notEqual(await keyOf(0, [made]), await keyOf(1, [made]));
  assert.notEqual(await keyOf(0, []), await keyOf(0, [failed]));
});
