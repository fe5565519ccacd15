import { createServer } from "node:http";
import { expect, test as base } from "../playwright.js";

// A shop that counts the webhooks that it takes.
const test = base.extend({
  shop: [async ({}, use) => {
    const ids = [];
    const server = createServer((request, response) => {
      ids.push(request.headers["webhook-id"]);
      request.resume().on("end", () => response.writeHead(204).end());
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    await use({ ids, url: `http://127.0.0.1:${server.address().port}/webhooks` });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }, { scope: "worker" }],
  rieltimeOptions: [async ({ shop }, use) => { await use({ webhookUrl: shop.url }); }, { scope: "worker" }],
});

test("a webhook reaches the shop twice", async ({ rieltime, shop }) => {
  await rieltime.repeatWebhooks();
  const checkout = rieltime.checkout(await rieltime.createSession());
  await checkout.payWith("aba");
  const event = await checkout.nextWebhook("checkout.session.completed");
  expect(shop.ids.filter((id) => id === event.id)).toHaveLength(2);
  await checkout.nextWebhook("payment.succeeded"); // else it may come during the next test
});

test("a webhook is lost, and comes later", async ({ rieltime, shop }) => {
  shop.ids.length = 0;
  await rieltime.dropWebhooks(2); // of the payment and of the session
  const checkout = rieltime.checkout(await rieltime.createSession());
  await checkout.payWith("aba");
  expect(shop.ids).toHaveLength(0);
  const event = await checkout.nextWebhook("checkout.session.completed");
  expect(shop.ids).toContain(event.id);
  const sent = (await rieltime.webhooks()).filter((one) => one.event.id === event.id);
  expect(sent.map((one) => one.dropped)).toEqual([true, false]);
});
