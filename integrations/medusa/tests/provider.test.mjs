// The provider in Medusa's own payment module, with the demo of the built binary: buyers pay
// at the simulators, and webhooks arrive as in a shop.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { startKit } from "../../../clients/testing/kit.js";
import { until } from "../../testing/demo.js";
import rieltime from "../dist/provider.js";
import { startPayments, startProxy, startWebhookRoute } from "./payments.mjs";

const provider_id = "pp_rieltime_rieltime";
const log = [];
const logger = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, (text) => log.push(`${level}: ${text}`)]));
let kit, route, proxy, medusa, payments, options;

before(async () => {
  route = await startWebhookRoute();
  kit = await startKit({ webhookUrl: `${route.url}/hooks/payment/rieltime_rieltime` });
  proxy = await startProxy(kit.url);
  options = { url: proxy.url, key: kit.key, webhookSecret: kit.webhookSecret, successUrl: "http://127.0.0.1/thanks", cancelUrl: "http://127.0.0.1/cart" };
  medusa = await startPayments(options, logger);
  payments = route.payments = medusa.payments;
});

beforeEach(() => { log.length = 0; });

after(async () => {
  await kit?.stop();
  await medusa?.stop();
  route?.stop();
  proxy?.stop();
});

/** A cart's payment collection with a payment session, as Medusa makes them at the checkout. */
async function begin(amount = 12.5, currency_code = "usd", data = {}) {
  const collection = await payments.createPaymentCollections({ amount, currency_code });
  return payments.createPaymentSession(collection.id, { provider_id, amount, currency_code, data });
}

const pay = (session) => kit.checkout(session.data.url).payWith("wechat"); // KESS gives its money back
const authorize = (session) => payments.authorizePaymentSession(session.id, {});
const paymentsOf = (session) => payments.listPayments({ payment_session_id: session.id }, { relations: ["captures", "refunds"] });
const statusOf = async (session) => (await kit.client.getSession(session.data.id)).status;
const provider = (changes = {}) => new rieltime.RieltimeProvider({ logger }, { ...options, ...changes });

/** The payment of a session, once the webhook has settled it. */
const settled = (session) => until("the webhook has settled it", async () => (await paymentsOf(session)).find((payment) => payment.captured_at));

/** A payment session that is paid and settled. */
async function paid(...cart) {
  const session = await begin(...cart);
  await pay(session);
  await settled(session);
  return session;
}

/** The refunds that KESS gave for a session's payment. */
async function refundsAtKESS(session) {
  const [payment] = (await kit.client.listPayments({ session: session.data.id, status: "succeeded" })).data;
  const { kess } = await kit.ledgers();
  return Object.values(kess.orders).find((order) => JSON.stringify(order).includes(payment.provider_reference)).refunds ?? [];
}

test("a payment session begins with what the storefront needs to send the buyer", async () => {
  const session = await begin();
  assert.equal(session.status, "pending");
  const { id, url, ...expected } = session.data;
  assert.match(id, /^cs_/);
  assert.ok(url.startsWith(`${kit.url}/c/`) && url.includes(id));
  assert.deepEqual(expected, { amount: "12.50", currency: "USD", reference: session.id, payment: null, refunds: 0 });
  const { amount, currency, reference } = await kit.client.getSession(id);
  assert.deepEqual([amount, currency, reference], ["12.50", "USD", session.id]);
});

test("amounts are exact, riel have no decimals, and halves of what can be paid go up", async () => {
  for (const [amount, currency, text] of [[50000, "khr", "50000"], ["0.1", "usd", "0.10"], [{ value: "19.99", precision: 20 }, "usd", "19.99"], ["14.289", "usd", "14.29"], ["4400.5", "khr", "4401"], [0.1 + 0.2, "usd", "0.30"]]) {
    const { data } = await provider().initiatePayment({ amount, currency_code: currency, data: { session_id: `payses_amount_${text}` } });
    assert.deepEqual([data.amount, (await kit.client.getSession(data.id)).amount], [text, text]);
  }
  for (const [amount, currency] of [[0, "usd"], [-1, "usd"], [10, "thb"], [Number.NaN, "usd"]]) {
    await assert.rejects(provider().initiatePayment({ amount, currency_code: currency, data: { session_id: "payses_none" } }));
  }
});

test("a storefront cannot name another session, or a refund", async () => {
  const other = await paid(1);
  const session = await begin(99, "usd", { ...other.data, payment: "pay_other", refunds: 7, session_id: other.id });
  assert.notEqual(session.data.id, other.data.id);
  assert.deepEqual([session.data.reference, session.data.payment, session.data.refunds], [session.id, null, 0]);
  await assert.rejects(authorize(session), /not authorized/);
  assert.deepEqual(await paymentsOf(session), []);
});

test("a session is settled once by a webhook that comes twice and by returning buyers", async () => {
  await kit.repeatWebhooks(2);
  const session = await begin();
  await pay(session);
  await Promise.allSettled([authorize(session), authorize(session), authorize(session)]);
  await kit.checkout(session.data.url).nextWebhook("checkout.session.completed");
  await until("the webhooks were worked on", () => route.actions.filter((one) => one.session === session.id && one.action === "captured").length >= 2 && route.working === 0);
  await kit.reset();

  const found = await paymentsOf(session);
  assert.deepEqual(found.map((payment) => [payment.amount, payment.captures.length, payment.canceled_at]), [[12.5, 1, null]]);
  assert.match(found[0].data.payment, /^pay_/);
  assert.equal((await payments.retrievePaymentSession(session.id)).status, "authorized");
});

test("a buyer who never comes back is settled by the webhook", async () => {
  const session = await begin();
  await pay(session);
  assert.equal((await settled(session)).amount, 12.5);
});

test("a lost webhook does not matter to a buyer who comes back", async () => {
  await kit.dropWebhooks(50);
  const session = await begin();
  await pay(session);
  assert.deepEqual(await paymentsOf(session), []);
  assert.equal((await authorize(session)).amount, 12.5);
  await kit.reset();
});

test("a declined attempt, and old webhooks of it, take nothing back", async () => {
  const session = await begin();
  const checkout = kit.checkout(session.data.url);
  await checkout.decline("aba");
  await checkout.nextWebhook("payment.failed");
  await until("the webhook was worked on", () => route.actions.some((one) => one.session === session.id));
  assert.deepEqual(route.actions.filter((one) => one.session === session.id).map((one) => one.action), ["pending"]);
  await assert.rejects(authorize(session), /not authorized/);

  await checkout.payWith("aba");
  await settled(session);
  const old = (await kit.webhooks()).find((one) => one.event.type === "payment.failed" && one.event.data.object.session === session.data.id).event;
  const again = signed(old);
  assert.equal((await provider().getWebhookActionAndData(again)).action, "captured"); // as the session is now
  assert.equal((await paymentsOf(session))[0].canceled_at, null);
});

test("money that comes late, or in another amount, pays nothing", async () => {
  const late = await begin(), wrong = await begin();
  await kit.checkout(wrong.data.url).payWrongAmount("12.49", "khqr");
  await kit.checkout(late.data.url).payLate("khqr");
  for (const [session, status] of [[wrong, "open"], [late, "closed"]]) {
    await assert.rejects(authorize(session), /not authorized/);
    assert.deepEqual(await paymentsOf(session), [], status);
  }
  await until("the log tells of both", () => ["payment.late", "payment.mismatch"].every((type) => log.some((line) => line.startsWith(`error: Rieltime: ${type}`))));
});

test("a session that does not fit is an error, whoever calls", async () => {
  const session = await paid();
  for (const other of [{ amount: "12.51" }, { currency: "KHR" }, { reference: "payses_other" }]) {
    const data = { ...session.data, ...other };
    assert.equal((await provider().authorizePayment({ data })).status, "error");
    assert.equal((await provider().getPaymentStatus({ data })).status, "error");
    await assert.rejects(provider().capturePayment({ data }), /error/);
    await assert.rejects(provider().refundPayment({ amount: 1, data }), /error/);
  }
  assert.equal((await provider().getPaymentStatus({ data: session.data })).status, "captured");
  await assert.rejects(provider().authorizePayment({ data: {} }), /has not begun/);
});

test("a changed total closes the session of the old one", async () => {
  const session = await begin();
  const changed = await payments.updatePaymentSession({ id: session.id, amount: 20, currency_code: "usd", data: session.data });
  assert.notEqual(changed.data.id, session.data.id);
  assert.equal(changed.data.amount, "20.00");
  assert.equal(await statusOf(session), "expired");
  const same = await payments.updatePaymentSession({ id: session.id, amount: "20.00", currency_code: "usd", data: changed.data });
  assert.equal(same.data.id, changed.data.id);

  await payments.deletePaymentSession(session.id);
  assert.equal(await statusOf(changed), "expired");
});

test("a cart that was paid is not changed, nor its session deleted, before its money went back", async () => {
  const session = await begin();
  await pay(session);
  await assert.rejects(payments.updatePaymentSession({ id: session.id, amount: 20, currency_code: "usd", data: session.data }), /paid already/);
  await assert.rejects(payments.deletePaymentSession(session.id), /is paid/);
  const payment = await settled(session);
  await assert.rejects(payments.cancelPayment(payment.id), /is paid/);
  assert.equal((await paymentsOf(session))[0].canceled_at, null);

  await payments.refundPayment({ payment_id: payment.id, amount: 12.5 });
  await payments.deletePaymentSession(session.id);
});

test("an abandoned cart's session ends by itself, and canceling closes an open one", async () => {
  const abandoned = await begin(), canceled = await begin();
  assert.deepEqual(await provider().cancelPayment({ data: canceled.data }), { data: canceled.data });
  assert.equal(await statusOf(canceled), "expired");
  await provider().cancelPayment({ data: canceled.data }); // again
  await kit.checkout(abandoned.data.url).expire();
  assert.equal((await provider().getPaymentStatus({ data: abandoned.data })).status, "canceled");
});

test("a part is refunded, then the rest, and not more", async () => {
  const session = await paid();
  const [payment] = await paymentsOf(session);
  await payments.refundPayment({ payment_id: payment.id, amount: 2.5 });
  await payments.refundPayment({ payment_id: payment.id, amount: 2.5 });
  await assert.rejects(provider().refundPayment({ amount: 100, data: payment.data }), /refund_too_large/);
  await payments.refundPayment({ payment_id: payment.id, amount: 7.5 });
  assert.deepEqual((await refundsAtKESS(session)).map((refund) => refund.amount), [2.5, 2.5, 7.5]);
  assert.equal((await paymentsOf(session))[0].refunds.length, 3);
});

test("a refund whose answer was lost is not given twice", async () => {
  const session = await paid();
  const [payment] = await paymentsOf(session);
  proxy.losing = /^POST \/v1\/refunds/;
  await assert.rejects(payments.refundPayment({ payment_id: payment.id, amount: 2.5 }));
  proxy.losing = null;
  assert.equal((await paymentsOf(session))[0].refunds.length, 0); // Medusa forgets it

  await payments.refundPayment({ payment_id: payment.id, amount: 2.5 });
  assert.equal((await refundsAtKESS(session)).length, 1);
  assert.equal((await paymentsOf(session))[0].refunds.length, 1);
});

test("webhooks of others are not acted on, and one that waited is", async () => {
  const session = await begin();
  await pay(session);
  const event = await kit.checkout(session.data.url).nextWebhook("checkout.session.completed");
  assert.equal((await provider().getWebhookActionAndData(signed(event, "whsec_c29tZWJvZHkgZWxzZQ=="))).action, "not_supported");
  assert.match(log.at(-1), /warn: .*signature/);

  const waited = await provider().getWebhookActionAndData(signed(event, kit.webhookSecret, Date.now() / 1000 - 3600));
  assert.deepEqual([waited.action, waited.data.session_id, waited.data.amount.numeric], ["captured", session.id, 12.5]);

  const foreign = await kit.createSession();
  assert.equal((await provider().getWebhookActionAndData(signed({ ...event, data: { object: foreign } }))).action, "not_supported");
});

test("a missing setting is told at the start", () => {
  assert.throws(() => rieltime.RieltimeProvider.validateOptions({ ...options, webhookSecret: "" }), /webhookSecret/);
  rieltime.RieltimeProvider.validateOptions(options);
});

/** An event as it arrives, signed by a secret. */
function signed(event, secret = kit.webhookSecret, at = Date.now() / 1000) {
  const body = JSON.stringify(event), time = String(Math.floor(at));
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${event.id}.${time}.${body}`).digest("base64");
  return { data: event, rawData: Buffer.from(body), headers: { "webhook-id": event.id, "webhook-timestamp": time, "webhook-signature": `v1,${signature}` } };
}
