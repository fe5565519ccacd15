// Fixtures for Playwright Test: a server for each worker, and a buyer in the test's page.
import { expect as baseExpect, test as baseTest } from "@playwright/test";
import { buyer, Checkout, methodId } from "./checkout.js";
import { openKit } from "./kit.js";
import { waitUntil } from "./wait.js";

const patience = 20_000; // milliseconds
const settled = (url) => !url.searchParams.has("go");
const onCheckout = /\/c\/cs_[0-9a-z]+/;

export const test = baseTest.extend({
  rieltimeOptions: [{}, { scope: "worker", option: true }],

  rieltime: [async ({ rieltimeOptions }, use) => {
    const kit = await openKit(rieltimeOptions);
    await use(kit);
    await kit.stop();
  }, { scope: "worker", timeout: 90_000 }],

  checkout: async ({ page, rieltime }, use) => { await use(new BrowserCheckout(rieltime, page)); },

  // Each test begins without faults. What happened in one that fails is attached to it.
  rieltimeReport: [async ({ rieltime }, use, testInfo) => {
    await rieltime.reset();
    const before = (await rieltime.webhooks()).length;
    await use();
    if (testInfo.status === testInfo.expectedStatus) return;

    const attach = (name, value) => testInfo.attach(name, { body: JSON.stringify(value, null, 2), contentType: "application/json" });
    for (const [provider, ledger] of Object.entries(await rieltime.ledgers())) await attach(`ledger of ${provider}`, ledger);
    await attach("webhooks", (await rieltime.webhooks()).slice(before));
    if (rieltime.log()) await testInfo.attach("server log", { body: rieltime.log(), contentType: "text/plain" });
  }, { auto: true }],

  trace: ["retain-on-failure", { scope: "worker", option: true }],
});

/** A buyer in a page, which the shop or open() has brought to the checkout. */
export class BrowserCheckout extends Checkout {
  constructor(kit, page) {
    super(kit);
    this.page = page;
  }

  /** The session of the page; once known it is kept, also when the page is the shop's again. */
  get session() {
    const session = /\/c\/(cs_[0-9a-z]+)/.exec(this.page?.url() ?? "")?.[1];
    if (session) this.known = session;
    if (!this.known) throw new Error("the page is not at a checkout: go there, or open a session");
    return this.known;
  }

  /** Opens a session that the test has made. */
  async open(session) { await this.page.goto(session.url); }

  /** Waits until the shop has brought the buyer to the checkout. */
  async arrive() {
    await this.page.waitForURL(onCheckout, { timeout: patience });
    return this.session;
  }

  async start(method = "khqr") {
    await this.arrive();
    const before = await this.payments();
    const button = this.page.locator(`button[name=method][value="${methodId(method)}"]`);
    const form = this.page.locator("form, details").filter({ has: button }).last();
    if (!(await button.isVisible())) await this.page.locator("details").filter({ has: button }).locator("summary").first().click();
    for (const [name, value] of Object.entries(buyer)) {
      const field = form.locator(`input[name=${name}]`).first();
      if (await field.isVisible()) await field.fill(value);
    }

    await button.click();
    const payment = await this.newPayment(before);
    await waitUntil("the page shows the payment", patience, async () => this.#away() || (await this.page.locator("#checkout:not([data-state=choosing])").isVisible()));
    await this.page.waitForURL(settled); // not ?go=1, which leads to the provider
    return payment;
  }

  /** Pays as the buyer at the provider's page, or in a bank app where the page shows a code. */
  async pay() {
    if (!this.#away()) return super.pay();
    await this.#press("Pay");
    const back = this.page.getByRole("button", { name: "Return to merchant" });
    if (this.#away() && (await back.isVisible())) await back.click();
  }

  async decline(method) {
    if (method) await this.start(method);
    if (!this.#away()) return super.decline();
    const { provider } = await this.payment();
    await this.#press("Fail");
    const back = this.page.getByRole("button", { name: "Return to merchant" });
    if (this.#away() && (await back.isVisible())) await back.click();
    return provider === "baray" ? this.payment() : this.waitForPayment("it fails", (p) => p.status === "failed");
  }

  async qr() {
    if (this.#away()) return "";
    return (await this.page.locator("[data-copy^='000201']").first().getAttribute("data-copy", { timeout: 1000 }).catch(() => "")) ?? "";
  }

  // On a provider's page.
  #away() {
    const { origin } = new URL(this.page.url());
    return Object.values(this.kit.addresses.simulators).some((url) => new URL(url).origin === origin);
  }

  async #press(name) {
    const button = this.page.getByRole("button", { name, exact: true });
    const choice = this.page.locator("form[aria-labelledby=choose] button").first();
    await button.or(choice).first().waitFor({ timeout: patience });
    if (!(await button.isVisible())) await choice.click();
    await button.click();
    await this.page.waitForLoadState();
  }
}

export const expect = baseExpect.extend({
  /** The session is complete, and a payment of its whole amount has succeeded. */
  async toBePaid(checkout, options) {
    return matches("toBePaid", checkout, options, async () => {
      const session = await checkout.read();
      if (session.status !== "complete" || !session.payment) return `the session is ${session.status}`;
      const { status, amount, currency } = await checkout.kit.client.getPayment(session.payment);
      const paid = status === "succeeded" && amount === session.amount && currency === session.currency;
      return paid ? "" : `its payment of ${amount} ${currency} is ${status}, and ${session.amount} ${session.currency} was asked`;
    });
  },

  async toBeExpired(checkout, options) {
    return matches("toBeExpired", checkout, options, async () => {
      const { status } = await checkout.read();
      return status === "expired" ? "" : `the session is ${status}`;
    });
  },

  /** Money came that does not fit: kind is "late", "mismatch", "duplicate" and so on. */
  async toNeedReview(checkout, kind, options) {
    return matches("toNeedReview", checkout, options, async () => {
      const reviews = (await checkout.payments()).map((payment) => payment.review);
      return reviews.includes(kind) ? "" : `the reviews are ${JSON.stringify(reviews)}, not ${kind}`;
    });
  },
});

// Waits until check finds nothing missing. What must not be is looked at once: an outcome
// that may still come is waited for before.
async function matches(name, checkout, { timeout = patience } = {}, check) {
  let missing = await check();
  for (const end = Date.now() + timeout; missing && Date.now() < end; missing = await check()) await new Promise((resolve) => setTimeout(resolve, 200));
  return { pass: missing === "", name, message: () => (missing ? `${checkout.session}: ${missing}` : `${checkout.session} fits ${name}, and must not`) };
}
