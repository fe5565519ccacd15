// A real Vendure shop with the built binary: orders are made through the storefront
// API and paid on the checkout page in a browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openChromium, openTab, payByKHQR } from "../../testing/browser.js";
import { freeAddress, until } from "../../testing/demo.js";
import { startKit } from "../../../clients/testing/kit.js";
import { amountText } from "../../../clients/typescript/shop.js";
import amounts from "../dist/amount.js";
import { ShopClient, startShop } from "./shop.mjs";

let demo, shop, browser, admin;

before(async () => {
  const url = await freeAddress();
  demo = await startKit({ webhookUrl: `${url}/rieltime/webhook` });
  shop = await startShop(demo, url);
  browser = await openChromium();
  admin = new ShopClient(shop.url, "admin-api");
  await admin.call('mutation { login(username: "admin", password: "a password of a test") { __typename } }');
});

after(async () => {
  await browser?.close();
  await shop?.stop();
  await demo?.stop();
});

async function open(t, address) {
  const page = await openTab(t, browser);
  await page.goto(address);
  return page;
}

/** A buyer with an order of some scarves that is ready to be paid. */
async function order(quantity = 1) {
  const buyer = new ShopClient(shop.url);
  const made = await buyer.call("mutation ($quantity: Int!) { addItemToOrder(productVariantId: 1, quantity: $quantity) { ... on Order { code } ... on ErrorResult { message } } }", { quantity });
  await buyer.call('mutation { setCustomerForOrder(input: { firstName: "Sok", lastName: "Dara", emailAddress: "buyer@shop.example" }) { __typename } }');
  await buyer.call('mutation { setOrderShippingAddress(input: { fullName: "Sok Dara", streetLine1: "1 Street 240", city: "Phnom Penh", countryCode: "KH" }) { __typename } }');
  const { eligibleShippingMethods: [shipping] } = await buyer.call("{ eligibleShippingMethods { id } }");
  await buyer.call("mutation ($id: ID!) { setOrderShippingMethod(shippingMethodId: [$id]) { __typename } }", { id: shipping.id });
  await buyer.transition("ArrangingPayment");
  return Object.assign(buyer, { code: made.addItemToOrder.code });
}

ShopClient.prototype.transition = async function (state) {
  const { transitionOrderToState: done } = await this.call("mutation ($state: String!) { transitionOrderToState(state: $state) { __typename ... on Order { state } ... on ErrorResult { message } } }", { state });
  assert.equal(done.state, state, done.message);
};

ShopClient.prototype.pay = async function () {
  return (await this.call("mutation { payWithRieltime }")).payWithRieltime;
};

/** An order as the administrator sees it. */
async function read(code) {
  const { orders } = await admin.call("query ($code: String!) { orders(options: { filter: { code: { eq: $code } } }) { items { id state totalWithTax payments { id amount state transactionId refunds { id total state transactionId } } } } }", { code });
  return orders.items[0];
}

ShopClient.prototype.check = async function (session) {
  return (await this.call("mutation ($session: String!) { checkRieltimePayment(session: $session) }", { session })).checkRieltimePayment;
};

const settled = (found) => found.payments.filter((payment) => payment.state === "Settled");
const session = async (reference) => (await demo.client.listSessions({ reference })).data[0];

test("an order is paid on the checkout page, and settled once by webhooks that come twice and by returns", async (t) => {
  await demo.repeatWebhooks(2);
  t.after(() => demo.reset());
  const buyer = await order();
  const page = await open(t, await buyer.pay());
  await payByKHQR(page);
  const { id } = await session(buyer.code);
  const check = () => new ShopClient(shop.url).check(id);
  assert.deepEqual(await Promise.all([check(), check(), check(), check()]), ["PAID", "PAID", "PAID", "PAID"]);
  await page.waitForURL((url) => url.href.startsWith(shop.options.successUrl));
  assert.equal(await page.locator("h1").textContent(), "PAID");

  const found = await read(buyer.code);
  assert.equal(found.state, "PaymentSettled");
  assert.deepEqual(settled(found).map((payment) => payment.amount), [1250]);
  assert.match(settled(found)[0].transactionId, /^pay_/);
});

test("a buyer who never comes back is settled by the webhook", async (t) => {
  const buyer = await order();
  const page = await open(t, await buyer.pay());
  await payByKHQR(page);
  await page.context().close();
  await until("the webhook has settled it", async () => (await read(buyer.code)).state === "PaymentSettled");
  assert.equal(settled(await read(buyer.code)).length, 1);
});

test("going back and pressing again leads to the same session; a changed order closes it", async () => {
  const buyer = await order();
  const first = await buyer.pay();
  assert.equal(await buyer.pay(), first);
  const old = await session(buyer.code);

  await buyer.transition("AddingItems");
  await until("the session of the order as it was is closed", async () => (await demo.client.getSession(old.id)).status === "expired");
  await buyer.call("mutation { addItemToOrder(productVariantId: 1, quantity: 1) { __typename } }");
  await buyer.transition("ArrangingPayment");
  assert.notEqual(await buyer.pay(), first);
  assert.equal((await session(buyer.code)).amount, "25.00");
});

test("going back after paying and pressing again leads to the thank-you page, and pays nothing twice", async (t) => {
  await demo.dropWebhooks(50); // the shop does not know yet
  t.after(() => demo.reset());
  const buyer = await order();
  const first = await buyer.pay();
  await demo.checkout(first).payWith("aba");
  const { id } = await session(buyer.code);
  assert.equal(await buyer.pay(), `${shop.options.successUrl}?session_id=${id}`);

  assert.equal(await buyer.check(id), "PAID");
  await assert.rejects(buyer.pay(), /no order to pay/);
  assert.equal((await demo.client.listSessions({ reference: buyer.code })).data.length, 1);
  assert.equal(settled(await read(buyer.code)).length, 1);
});

test("a failed attempt whose webhook comes after the payment takes nothing back", async (t) => {
  t.after(() => demo.reset());
  const buyer = await order();
  const buying = demo.checkout(await buyer.pay());
  await demo.dropWebhooks(1); // the server sends it again after some seconds
  await buying.decline("card");
  await buying.payWith("khqr");
  await until("the webhook has settled it", async () => (await read(buyer.code)).state === "PaymentSettled");
  await buying.nextWebhook("payment.failed");
  assert.deepEqual([(await read(buyer.code)).state, settled(await read(buyer.code)).length], ["PaymentSettled", 1]);
});

test("an abandoned order is not paid by money that comes late, and can be paid later", async () => {
  const buyer = await order();
  const first = await buyer.pay();
  const { id } = await session(buyer.code);
  await demo.checkout(first).payLate("khqr");
  assert.equal(await buyer.check(id), "CLOSED");
  assert.deepEqual([(await read(buyer.code)).state, settled(await read(buyer.code))], ["ArrangingPayment", []]);

  const second = await buyer.pay();
  assert.notEqual(second, first);
  await demo.checkout(second).payWith("khqr");
  await until("the webhook has settled it", async () => (await read(buyer.code)).state === "PaymentSettled");
  assert.equal(settled(await read(buyer.code)).length, 1);
});

test("a session that is not paid, or not the order's, pays nothing", async (t) => {
  const cheap = await order(), dear = await order(3);
  const page = await open(t, await cheap.pay());
  await dear.pay();
  const add = (buyer, metadata) => buyer.call(
    'mutation ($metadata: JSON!) { addPaymentToOrder(input: { method: "rieltime", metadata: $metadata }) { __typename ... on PaymentDeclinedError { paymentErrorMessage } } }', { metadata });

  const { id } = await session(cheap.code);
  assert.match((await add(cheap, { session: id })).addPaymentToOrder.paymentErrorMessage, /open/);
  assert.match((await add(cheap, {})).addPaymentToOrder.paymentErrorMessage, /missing/);
  assert.equal(await dear.check(id), "OPEN");
  await payByKHQR(page);
  assert.match((await add(dear, { session: id })).addPaymentToOrder.paymentErrorMessage, /not of this order/);
  assert.equal((await read(dear.code)).state, "ArrangingPayment");
  await until("the cheap order is settled", async () => (await read(cheap.code)).state === "PaymentSettled");
});

test("a part of an order is refunded in the admin, then the rest, and the provider gave it back", async () => {
  const buyer = await order(2);
  await demo.checkout(await buyer.pay()).payWith("wechat"); // KESS gives its money back
  await until("the webhook has settled it", async () => (await read(buyer.code)).state === "PaymentSettled");
  const [payment] = settled(await read(buyer.code));
  const refund = async (amount) => (await admin.call(
    "mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { __typename ... on Refund { state total transactionId } ... on ErrorResult { message } } }",
    { input: { amount, lines: [], shipping: 0, adjustment: 0, paymentId: payment.id, reason: "A hole in it" } })).refundOrder;

  const part = await refund(550);
  assert.deepEqual([part.__typename, part.state, part.total], ["Refund", "Settled", 550], part.message);
  const same = await refund(550); // another one, not the first again
  assert.equal((await refund(1401)).__typename, "RefundAmountError"); // a cent more than is left
  const rest = await refund(1400);
  assert.deepEqual([rest.state, rest.total], ["Settled", 1400], rest.message);

  assert.deepEqual(settled(await read(buyer.code))[0].refunds.map(({ transactionId }) => transactionId).sort(), [part, same, rest].map(({ transactionId }) => transactionId).sort());
  const paid = await demo.client.getPayment(payment.transactionId);
  assert.deepEqual([paid.amount, paid.amount_refunded], ["25.00", "25.00"]);
  const { kess } = await demo.ledgers();
  const given = kess.orders.find((order) => JSON.stringify(order).includes(paid.provider_reference)).refunds;
  assert.deepEqual(given.map(({ amount, currency }) => [amount, currency]), [[5.5, "USD"], [5.5, "USD"], [14, "USD"]]);
});

test("webhooks of others are refused", async () => {
  const refused = await fetch(`${shop.url}/rieltime/webhook`, {
    method: "POST", body: "{}",
    headers: { "content-type": "application/json", "webhook-id": "evt_1", "webhook-timestamp": String(Math.floor(Date.now() / 1000)), "webhook-signature": "v1,AAAA" },
  });
  assert.equal(refused.status, 400);
});

test("a canceled order's session is closed", async () => {
  const buyer = await order();
  await buyer.pay();
  const { id } = await session(buyer.code);
  await admin.call("mutation ($id: ID!) { cancelOrder(input: { orderId: $id }) { __typename } }", { id: (await read(buyer.code)).id });
  await until("the session is closed", async () => (await demo.client.getSession(id)).status === "expired");
});

test("amounts are the API's", () => {
  const text = (amount, currency, precision) => amountText(amounts.decimalText(amount, precision), currency);
  assert.deepEqual([text(1250, "USD", 2), text(5, "USD", 2), text(400000, "KHR", 2), text(12500, "USD", 3), text(4000, "KHR", 0)], ["12.50", "0.05", "4000", "12.50", "4000"]);
  for (const wrong of [[0, "USD", 2], [-5, "USD", 2], [-500, "USD", 2], [50, "KHR", 2], [12505, "USD", 3], [1.5, "USD", 2], [100, "EUR", 2], [12505, "IDR", 3]]) assert.throws(() => text(...wrong));
});
