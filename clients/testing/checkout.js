import { waitUntil } from "./wait.js";

const patience = 20_000; // milliseconds

/** Short names of ways to pay, and their ids in the API. An id may be given too. */
const methods = {
  khqr: "khqr", baray: "baray", bayopay: "bayopay",
  aba: "kess:ABAAKHPP", acleda: "kess:ACLBKHPP", wing: "kess:WING", wechat: "kess:WECHAT", alipay: "kess:ALIPAY", card: "kess:VISA_MASTER",
};

export function methodId(name) { return methods[name] ?? name; }

/** Who pays where a provider wants to know it. */
export const buyer = { name: "Sok Dara", email: "dara@example.com", phone: "012345678" };

/**
 * A buyer at the checkout of one session. It speaks to the checkout page by HTTP, as a
 * browser would; playwright.js has one with a browser.
 */
export class Checkout {
  constructor(kit, session) {
    this.kit = kit;
    this.known = session;
  }

  /** The id of the session. */
  get session() { return this.known; }

  get url() { return `${this.kit.url}/c/${this.session}`; }

  /** Chooses a way to pay and gives the payment that began. */
  async start(method = "khqr") {
    const before = await this.payments();
    const form = new URLSearchParams({ method: methodId(method), ...buyer });
    const response = await fetch(`${this.url}/payments`, { method: "POST", body: form, redirect: "manual" });
    if (response.status !== 303) throw new Error(`the checkout page answered ${response.status} to ${method}: is it a way to pay ${this.session}?`);

    const payment = await this.newPayment(before);
    await this.#openProvider();
    return payment;
  }

  /** The newest payment, once there is one more than before. */
  newPayment(before) {
    return waitUntil("a payment begins", patience, async () => {
      const all = await this.payments();
      return all.length > before.length && all[0];
    });
  }

  // BayoPay learns of a payment when the buyer's browser posts its form.
  async #openProvider() {
    const page = await (await fetch(`${this.url}?go=1`, { redirect: "manual" })).text();
    const form = /<form id="handoff" method="post" action="([^"]*)"/.exec(page);
    if (!form) return;
    const fields = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [unescape(name), unescape(value)]);
    await fetch(unescape(form[1]), { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  }

  /** The text of the QR code that the page shows; empty when it shows none. */
  async qr() {
    const page = await (await fetch(this.url, { redirect: "manual" })).text();
    return unescape(/data-copy="(000201[^"]*)"/.exec(page)?.[1] ?? "");
  }

  /** Pays what was started, or by a method, and waits until the session is complete. */
  async payWith(method) {
    await this.start(method);
    await this.pay();
    return this.waitForSession("complete");
  }

  /** The provider takes the money of the newest payment. */
  async pay() { await this.#decide({ outcome: "paid" }); }

  /** The provider declines. Baray keeps a declined payment open, as another bank may be chosen. */
  async decline(method) {
    const payment = method ? await this.start(method) : await this.payment();
    await this.#decide({ outcome: "failed" });
    if (payment.provider === "baray") return payment;
    return this.waitForPayment("it fails", (p) => p.status === "failed");
  }

  /** Money arrives after the session has expired: a review of the kind "late". */
  async payLate(method) {
    if (method) await this.start(method);
    const qr = await this.qr(); // which the page of an expired session no longer shows
    await this.expire();
    await this.#decide({ outcome: "paid", qr });
    return this.#waitForReview("late");
  }

  /** Another amount than asked arrives, by default a cent or a riel less: a review of the kind "mismatch". */
  async payWrongAmount(amount, method) {
    const payment = method ? await this.start(method) : await this.payment();
    await this.#decide({ outcome: "paid", amount: amount ?? less(payment) });
    return this.#waitForReview("mismatch");
  }

  /** Moves the clock until the session has expired. */
  async expire() {
    const session = await this.kit.client.getSession(this.session);
    const left = new Date(session.expires_at) - (await this.kit.now());
    await this.kit.advance(Math.max(0, left) + lastAnswer);
    return this.waitForSession("expired");
  }

  /** The newest payment. */
  async payment() {
    const [newest] = await this.payments();
    if (!newest) throw new Error(`${this.session} has no payment: start one first`);
    return newest;
  }

  /** All payments of the session, newest first. */
  async payments() { return (await this.kit.client.listPayments({ session: this.session })).data; }

  /** The session as the API has it. */
  read() { return this.kit.client.getSession(this.session); }

  nextWebhook(type, options) { return this.kit.nextWebhook(type, { session: this.session, ...options }); }

  waitForSession(status, timeout = patience) {
    return waitUntil(`${this.session} is ${status}`, timeout, async () => {
      const session = await this.read();
      return session.status === status && session;
    });
  }

  waitForPayment(what, holds, timeout = patience) {
    return waitUntil(what, timeout, async () => {
      const payment = await this.payment();
      return holds(payment) && payment;
    });
  }

  // A provider is asked about an expired payment less and less often: the clock moves until it is.
  async #waitForReview(kind) {
    const end = Date.now() + patience;
    for (;;) {
      const payment = await this.payment();
      if (payment.review === kind) return payment;
      if (Date.now() > end) throw new Error(`${payment.id} is not under review as ${kind} but ${payment.status}, review ${payment.review}`);
      if (kind === "late") await this.kit.advance(lastAnswer);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async #decide({ qr, ...decision }) {
    await this.kit.decide(await this.payment(), { ...decision, qr: qr ?? (await this.qr()) });
  }
}

// The checkout waits two minutes for a provider's last answer.
const lastAnswer = 125_000;

function less({ amount, currency }) {
  const cents = Math.round(Number(amount) * 100) - (currency === "KHR" ? 100 : 1);
  return currency === "KHR" ? String(cents / 100) : (cents / 100).toFixed(2);
}

function unescape(text) {
  const named = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal, hex, name) =>
    decimal ? String.fromCodePoint(Number(decimal)) : hex ? String.fromCodePoint(parseInt(hex, 16)) : named[name] ?? all);
}
