// Calls of every kind, for the type checker.
import { startKit } from "rieltime-testing";
import { expect, test } from "rieltime-testing/playwright";

test.use({ rieltimeOptions: { webhookUrl: "http://127.0.0.1:3000/webhooks" } });

test("an order is paid", async ({ page, rieltime, checkout }) => {
  await page.goto("http://127.0.0.1:3000/buy");
  await checkout.payWith("aba");
  await expect(checkout).toBePaid();
  await expect(checkout).not.toNeedReview("late", { timeout: 0 });
  await rieltime.providerDown("kess");
  // @ts-expect-error there is no such provider
  await rieltime.providerDown("acme");
});

const kit = await startKit();
const payment = await kit.checkout(await kit.createSession({ amount: "1.00" })).decline("khqr");
payment.failure_code satisfies string | null;
await kit.stop();
