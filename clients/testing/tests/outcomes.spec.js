import { expect, test } from "../playwright.js";

for (const method of ["khqr", "aba", "card", "baray", "bayopay"]) {
  test(`a buyer pays with ${method}`, async ({ rieltime, checkout }) => {
    await checkout.open(await rieltime.createSession());
    await checkout.payWith(method);
    await expect(checkout).toBePaid();
    expect((await checkout.nextWebhook("checkout.session.completed")).data.object.status).toBe("complete");
  });
}

for (const method of ["khqr", "aba", "card", "bayopay"]) {
  test(`${method} is declined, and the buyer pays another way`, async ({ rieltime, checkout }) => {
    await checkout.open(await rieltime.createSession());
    const failed = await checkout.decline(method);
    expect(failed.failure_code).toBeTruthy();
    await checkout.nextWebhook("payment.failed");
    await expect(checkout).not.toBePaid({ timeout: 0 });

    await checkout.open(await checkout.read());
    const again = checkout.page.getByRole("button", { name: "Try again" }).or(checkout.page.getByRole("link", { name: "Try again" }));
    if (await again.isVisible()) await again.click();
    await checkout.payWith("khqr");
    await expect(checkout).toBePaid();
  });
}

test("a card is declined at Baray, whose payment stays open", async ({ rieltime, checkout }) => {
  await checkout.open(await rieltime.createSession());
  expect((await checkout.decline("baray")).status).toBe("requires_action");
});

for (const method of ["khqr", "aba", "card", "baray", "bayopay"]) {
  test(`money by ${method} comes after the session has expired`, async ({ rieltime, checkout }) => {
    await checkout.open(await rieltime.createSession({ expires_in: 300 }));
    await checkout.payLate(method);
    await checkout.nextWebhook("payment.late");
    await expect(checkout).toNeedReview("late");
    await expect(checkout).toBeExpired();
    await expect(checkout).not.toBePaid({ timeout: 0 });
  });
}

test("a cent less than asked arrives", async ({ rieltime, checkout }) => {
  await checkout.open(await rieltime.createSession({ amount: "10.00" }));
  const payment = await checkout.payWrongAmount(undefined, "khqr");
  expect(payment.proof.amount).toBe("9.99");
  await expect(checkout).toNeedReview("mismatch");
  await expect(checkout).not.toBePaid({ timeout: 0 });
});

test("a riel less than asked arrives", async ({ rieltime }) => {
  const checkout = rieltime.checkout(await rieltime.createSession({ amount: "41000", currency: "KHR" }));
  expect((await checkout.payWrongAmount(undefined, "khqr")).proof.amount).toBe("40999");
});

test("Baray cannot be paid another amount", async ({ rieltime }) => {
  const checkout = rieltime.checkout(await rieltime.createSession());
  await expect(checkout.payWrongAmount("1.00", "baray")).rejects.toThrow("no other amount");
});

test("a provider is down while the buyer pays, and the payment is found when it is back", async ({ rieltime, checkout }) => {
  await checkout.open(await rieltime.createSession());
  await rieltime.providerDown();
  await checkout.start("khqr");
  await checkout.pay();
  await expect(checkout).not.toBePaid({ timeout: 0 });
  await rieltime.providerUp();
  await expect(checkout).toBePaid();
});

test("nobody pays, and the session expires", async ({ rieltime, checkout }) => {
  await checkout.open(await rieltime.createSession());
  await checkout.expire();
  await checkout.nextWebhook("checkout.session.expired");
  await expect(checkout).toBeExpired();
});

test("a provider that is not there is refused", async ({ rieltime }) => {
  await expect(rieltime.providerDown("acme")).rejects.toThrow("there is no provider acme");
});

test("each test begins with all providers up", async ({ rieltime }) => {
  const checkout = rieltime.checkout(await rieltime.createSession());
  await checkout.payWith("aba");
  await expect(checkout).toBePaid();
});
