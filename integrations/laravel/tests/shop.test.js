// The sample in a real Laravel application, with the demo of the built binary, in a browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startKit } from "../../../clients/testing/kit.js";
import { openChromium, openTab, payByKHQR } from "../../testing/browser.js";
import { freeAddress, until } from "../../testing/demo.js";
import { startApplication } from "./application.js";

let kit, shop, browser;

before(async () => {
  const address = await freeAddress();
  kit = await startKit({ webhookUrl: `${address}/rieltime/webhook` });
  shop = await startApplication(address, kit);
  browser = await openChromium();
});

after(async () => {
  await browser?.close();
  await kit?.stop();
  await shop?.stop();
});

/** A buyer who has pressed "Buy" and is on the checkout page, with their session. */
async function buy(t) {
  const page = await openTab(t, browser, { viewport: { width: 360, height: 740 } });
  await page.goto(`${shop.url}/coffee`);
  await page.getByRole("button", { name: "Buy" }).click();
  await page.locator("#checkout").waitFor();
  return { page, session: await kit.client.getSession(/cs_[0-9a-z]+/.exec(page.url())[0]) };
}

const thanks = (session) => `${shop.url}/coffee/thanks?session_id=${session.id}`;
const heading = (page) => page.locator("h1").textContent();

test("an order is paid, and fulfilled once by webhooks that come twice and by returning buyers", async (t) => {
  await kit.repeatWebhooks(2);
  t.after(() => kit.reset());
  const { page, session } = await buy(t);
  assert.deepEqual([session.amount, session.currency], ["2.50", "USD"]);
  await payByKHQR(page);
  const reloads = Array.from({ length: 4 }, () => fetch(thanks(session)).then((answer) => answer.text()));
  await page.waitForURL((url) => url.href.startsWith(shop.url));
  assert.equal(await heading(page), "Thank you, your order is paid.");
  for (const text of await Promise.all(reloads)) assert.match(text, /your order is paid/);
  await kit.checkout(session).nextWebhook("checkout.session.completed");
  assert.equal(shop.fulfilled(session.reference), 1);

  await page.goBack(); // to the checkout page of what is paid
  await page.locator("#checkout[data-state=paid]").waitFor();
});

test("a buyer who never comes back is served by the webhook", async (t) => {
  const { page, session } = await buy(t);
  await page.context().close();
  await kit.checkout(session).payWith("aba");
  await until("the webhook has settled it", () => shop.fulfilled(session.reference) === 1);
});

test("a buyer whose webhook is lost is served on return, and a page that is opened early says so", async (t) => {
  await kit.dropWebhooks(50);
  t.after(() => kit.reset());
  const { page, session } = await buy(t);
  await page.goto(thanks(session));
  assert.equal(await heading(page), "Your order is not paid yet.");
  await kit.checkout(session).payWith("aba");
  assert.equal(shop.fulfilled(session.reference), 0);
  await page.getByRole("link", { name: "Check again" }).click();
  await page.locator("h1:text-is('Thank you, your order is paid.')").waitFor();
  assert.equal(shop.fulfilled(session.reference), 1);
});

test("an abandoned order is not paid, nor by money that comes late", async (t) => {
  const { page, session } = await buy(t);
  await kit.checkout(session).payLate("khqr");
  await page.goto(thanks(session));
  assert.equal(await heading(page), "Your order is not paid yet.");
  assert.equal(shop.fulfilled(session.reference), 0);
});

test("forms and webhooks of others are refused, and sessions that are not the shop's", async () => {
  const forged = await fetch(`${shop.url}/rieltime/webhook`, {
    method: "POST", body: JSON.stringify({ type: "checkout.session.completed" }),
    headers: { "webhook-id": "evt_1", "webhook-timestamp": String(Math.floor(Date.now() / 1000)), "webhook-signature": "v1,AAAA" },
  });
  assert.equal(forged.status, 400);
  assert.equal((await fetch(`${shop.url}/coffee`, { method: "POST" })).status, 419);
  for (const id of ["cs_none", (await kit.createSession()).id]) assert.equal((await fetch(thanks({ id }))).status, 404);
});

test("while Rieltime cannot be asked, the shop says that nothing was paid", async (t) => {
  const { page } = await buy(t);
  await page.goto(`${shop.url}/coffee`);
  await kit.stop();
  await page.getByRole("button", { name: "Buy" }).click();
  await page.getByRole("alert").getByText("nothing was paid").waitFor();
});

test("the sample works where settings and routes are cached, as they are in production", async (t) => {
  t.after(() => shop.artisan("optimize:clear"));
  shop.artisan("config:cache");
  shop.artisan("route:cache");
  const page = await fetch(`${shop.url}/coffee`);
  assert.match(await page.text(), /action="[^"]*\/coffee"/);
  assert.equal((await fetch(`${shop.url}/rieltime/webhook`, { method: "POST" })).status, 400);
});
