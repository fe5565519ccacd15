// A test that fails, for report.spec.js.
import { expect, test } from "../../playwright.js";

test("fails", async ({ rieltime, checkout }) => {
  await checkout.open(await rieltime.createSession());
  await checkout.payWith("khqr");
  await checkout.nextWebhook("checkout.session.completed");
  expect(checkout.session).toBe("paid elsewhere");
});
