// The provider in a whole Medusa server, with the demo of the built binary: carts are made by
// Medusa's store API, and paid on the checkout page in a browser.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { startKit } from "../../../clients/testing/kit.js";
import { openChromium, openTab, payByKHQR } from "../../testing/browser.js";
import { freeAddress, until } from "../../testing/demo.js";
import { startShop } from "./shop.mjs";

const provider_id = "pp_rieltime_rieltime";
let kit, shop, storefront, browser;

before(async () => {
  const url = await freeAddress();
  kit = await startKit({ webhookUrl: `${url}/hooks/payment/rieltime_rieltime` });
  storefront = await startStorefront();
  shop = await startShop(url, {
    url: kit.url, key: kit.key, webhookSecret: kit.webhookSecret, successUrl: `${storefront.url}/thanks`, cancelUrl: `${storefront.url}/cart`,
  });
  browser = await openChromium();
});

after(async () => {
  await browser?.close();
  await kit?.stop();
  await shop?.stop();
  storefront?.stop();
});

/** The page to which buyers return: it completes the cart that it keeps. */
async function startStorefront() {
  const server = createServer(async (request, response) => {
    const text = request.url.startsWith("/thanks") ? (await complete(front.cart)).type : "cart";
    response.setHeader("content-type", "text/html").end(`<!doctype html><title>Krama House</title><h1>${text}</h1>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const front = { url: `http://127.0.0.1:${server.address().port}`, cart: null, stop: () => { server.closeAllConnections(); server.close(); } };
  return front;
}

/** A cart of a scarf for 13.50 USD with its way to be shipped, and its payment collection. */
async function fillCart() {
  const { cart } = await shop.store("/store/carts", {
    region_id: shop.region.id, sales_channel_id: shop.channel.id, email: "buyer@shop.example", items: [{ variant_id: shop.variant.id, quantity: 1 }],
    shipping_address: { first_name: "Dara", last_name: "Sok", address_1: "1 Street 240", city: "Phnom Penh", country_code: "kh", postal_code: "120207" },
  });
  await shop.store(`/store/carts/${cart.id}/shipping-methods`, { option_id: shop.shipping.id });
  const { payment_collection: collection } = await shop.store("/store/payment-collections", { cart_id: cart.id });
  return { cart: cart.id, collection: collection.id };
}

/** What the storefront's button "Pay" does: it gives the session to which the buyer is sent. */
async function choose({ collection }) {
  const { payment_collection: chosen } = await shop.store(`/store/payment-collections/${collection}/payment-sessions`, { provider_id });
  assert.equal(chosen.payment_sessions.length, 1);
  return chosen.payment_sessions[0].data;
}

async function begin() {
  const buyer = await fillCart();
  return { ...buyer, session: await choose(buyer) };
}

const complete = (cart) => shop.store(`/store/carts/${cart}/complete`, {});
const statusOf = async (session) => (await kit.client.getSession(session.id)).status;

/** The orders that were made of a cart, as the owner sees them. */
async function ordersOf({ session }) {
  const { orders } = await shop.admin("/admin/orders?limit=100&fields=id,payment_status,total,*payment_collections.payments,*payment_collections.payments.captures,*payment_collections.payments.refunds");
  return orders.filter((order) => order.payment_collections.some(({ payments }) => payments.some(({ data }) => data.id === session.id)));
}

const ordered = (buyer) => until("there is an order", async () => (await ordersOf(buyer))[0]);

test("a cart is paid on the checkout page, and becomes one order by webhooks that come twice and the returning buyer", async (t) => {
  await kit.repeatWebhooks(2);
  t.after(() => kit.reset());
  const buyer = await begin();
  storefront.cart = buyer.cart;
  const page = await openTab(t, browser, { log: shop.log, viewport: { width: 360, height: 740 } });
  await page.goto(buyer.session.url);
  await payByKHQR(page);
  await Promise.allSettled([complete(buyer.cart), complete(buyer.cart)]);
  await page.waitForURL((url) => url.href.startsWith(storefront.url));
  assert.equal(await page.locator("h1").textContent(), "order");
  await kit.checkout(buyer.session.id).nextWebhook("checkout.session.completed");

  assert.equal((await complete(buyer.cart)).type, "order");
  const [order, ...others] = await ordersOf(buyer);
  assert.deepEqual(others, []);
  assert.deepEqual([order.payment_status, order.total], ["captured", 13.5]);
  const payments = order.payment_collections.flatMap((collection) => collection.payments);
  assert.deepEqual(payments.map(({ amount, captures }) => [amount, captures.map((capture) => capture.amount)]), [[13.5, [13.5]]]);
});

test("a buyer who never comes back has an order by the webhook", async () => {
  const buyer = await begin();
  await kit.checkout(buyer.session.id).payWith("aba");
  assert.equal((await ordered(buyer)).payment_status, "captured");
});

test("going back and choosing again leaves one session to pay; once it is paid, none", async () => {
  const buyer = await begin();
  const again = await choose(buyer);
  assert.equal(await statusOf(buyer.session), "expired", "the first session can still be paid");
  assert.equal(await statusOf(again), "open");

  await kit.dropWebhooks(50);
  await kit.checkout(again.id).payWith("aba");
  await assert.rejects(choose(buyer), "a paid cart can be paid again");
  assert.equal((await complete(buyer.cart)).type, "order");
  await kit.reset();
  assert.equal((await ordersOf({ session: again })).length, 1);
});

test("an abandoned cart makes no order, nor does money that comes late, and it can be paid later", async () => {
  const buyer = await begin();
  await kit.checkout(buyer.session.id).payLate("khqr");
  await assert.rejects(complete(buyer.cart), /not authorized/);
  assert.deepEqual(await ordersOf(buyer), []);

  buyer.session = await choose(buyer);
  await kit.checkout(buyer.session.id).payWith("khqr");
  assert.equal((await ordered(buyer)).payment_status, "captured");
});

test("a part of an order is given back in the admin, then the rest, and the provider gave it", async () => {
  const buyer = await begin();
  await kit.checkout(buyer.session.id).payWith("wechat"); // KESS gives its money back
  const [payment] = (await ordered(buyer)).payment_collections[0].payments;
  for (const amount of [5, 8.5]) await shop.admin(`/admin/payments/${payment.id}/refund`, { amount });
  await assert.rejects(shop.admin(`/admin/payments/${payment.id}/refund`, { amount: 1 }));

  const { payment: known } = await kit.client.getSession(buyer.session.id);
  assert.equal((await kit.client.getPayment(known)).amount_refunded, "13.50");
  const [order] = await ordersOf(buyer);
  assert.deepEqual(order.payment_collections[0].payments[0].refunds.map(({ amount }) => amount).sort(), [5, 8.5]);
});
