// Causes every outcome of a payment for the tests of a shop: at the simulators of the
// providers, by the clock, and on the way of webhooks.
import { Rieltime } from "rieltime";
import { Checkout } from "./checkout.js";
import { startServer } from "./server.js";
import { waitUntil } from "./wait.js";
import { startReceiver } from "./webhooks.js";

export { Checkout } from "./checkout.js";

/** The variable that tells a test of a kit which another process has started. */
export const VARIABLE = "RIELTIME_TESTING";

const patience = 20_000; // milliseconds

/** Starts a server, a receiver of webhooks and a webhook endpoint of the merchant. */
export async function startKit({ binary, args, webhookUrl } = {}) {
  const server = await startServer({ binary, args });
  const receiver = await startReceiver({ webhookUrl });
  const stop = async () => {
    await server.stop(); // first, so that no webhook is cut off
    await receiver.stop();
  };

  try {
    const client = new Rieltime({ baseUrl: server.addresses.url, key: server.addresses.key });
    const { secret } = await client.createWebhookEndpoint({ url: `${receiver.url}/` });
    await call("POST", `${receiver.url}/control/secret`, { secret });
    return new Kit({ ...server.addresses, webhooks: receiver.url, webhookSecret: secret }, { log: server.log, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Attaches to the kit that RIELTIME_TESTING names, or starts one. */
export async function openKit(options) {
  const running = process.env[VARIABLE];
  return running ? new Kit(JSON.parse(running)) : startKit(options);
}

/** A running server with a merchant. */
export class Kit {
  constructor(addresses, { log = () => "", stop = async () => {} } = {}) {
    this.addresses = addresses;
    this.url = addresses.url;
    this.key = addresses.key;
    this.webhookSecret = addresses.webhookSecret;
    this.client = new Rieltime({ baseUrl: addresses.url, key: addresses.key });
    this.log = log;
    this.stop = stop;
    this.taken = new Set();
  }

  /** The environment of the shop under test. */
  get env() {
    return {
      RIELTIME_URL: this.url, RIELTIME_KEY: this.key, RIELTIME_WEBHOOK_SECRET: this.webhookSecret,
      [VARIABLE]: JSON.stringify(this.addresses),
    };
  }

  /** A session to be paid; 2.50 USD unless params say otherwise. */
  createSession(params = {}) {
    return this.client.createSession({
      amount: "2.50", currency: "USD", reference: `TEST-${crypto.randomUUID()}`,
      success_url: "http://127.0.0.1/paid", cancel_url: "http://127.0.0.1/canceled", ...params,
    });
  }

  /** A buyer without a browser, at a session given by its id, its address or itself. */
  checkout(session) {
    const text = session.id ?? session;
    const id = /cs_[0-9a-z]+/.exec(text)?.[0];
    if (!id) throw new Error(`${text} names no session`);
    return new Checkout(this, id);
  }

  /** Waits for the next webhook, of a type and of a session if they are given, and gives its event. */
  async nextWebhook(type, { session, timeout = patience } = {}) {
    const found = await waitUntil(`the webhook ${type ?? ""} arrives`, timeout, async () => {
      const all = await this.webhooks();
      return all.find((one) => !one.dropped && !this.taken.has(one.index) && (!type || one.event.type === type) && (!session || concerns(one.event, session)));
    });
    this.taken.add(found.index);
    if (!found.valid) throw new Error("the webhook's signature is wrong");
    return found.event;
  }

  /** All webhooks that were received, in order. */
  async webhooks() {
    const all = await call("GET", `${this.addresses.webhooks}/control/webhooks`);
    return all.map((one, index) => ({ ...one, index }));
  }

  /** Loses the next webhooks: the server sends each again, after five seconds at first. */
  dropWebhooks(count = 1) { return this.#webhookRules({ drop: count }); }

  /** Passes each webhook on to the shop twice, or more often. */
  repeatWebhooks(times = 1) { return this.#webhookRules({ repeat: times }); }

  /** Ends what providerDown, dropWebhooks and repeatWebhooks began. The clock never goes back. */
  async reset() {
    await this.providerUp();
    await this.#webhookRules({});
  }

  /** Cuts every connection to a provider, or to all of them. */
  async providerDown(provider) { await this.#eachSimulator(provider, "POST", { kind: "reset" }); }

  async providerUp(provider) { await this.#eachSimulator(provider, "DELETE"); }

  /** Moves the time of the checkout and of the simulators on. */
  async advance(milliseconds) {
    const { now } = await call("POST", `${this.addresses.control}/control/clock`, { advance_ms: Math.ceil(milliseconds) });
    return new Date(now);
  }

  /** The time of the checkout. */
  async now() {
    const { now } = await call("GET", `${this.addresses.control}/control/clock`);
    return new Date(now);
  }

  /** What each provider received, sent and was paid, by its name. */
  async ledgers() {
    const entries = Object.entries(this.addresses.simulators).map(async ([name, url]) => [name, await call("GET", `${url}/control/ledger`)]);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Decides a payment at its provider: its outcome is "paid" or "failed". */
  decide(payment, { outcome, amount = "", qr = "" }) {
    const url = this.#simulator(payment.provider);
    return call("POST", `${url}/control/outcomes`, { reference: payment.provider_reference, outcome, amount, qr });
  }

  #simulator(provider) {
    const url = this.addresses.simulators[provider];
    if (!url) throw new Error(`there is no provider ${provider}: they are ${Object.keys(this.addresses.simulators).join(", ")}`);
    return url;
  }

  async #eachSimulator(provider, method, fault) {
    const urls = provider ? [this.#simulator(provider)] : Object.values(this.addresses.simulators);
    await Promise.all(urls.map((url) => call(method, `${url}/control/faults`, fault)));
  }

  #webhookRules(rules) { return call("POST", `${this.addresses.webhooks}/control/rules`, rules); }
}

function concerns(event, session) {
  const object = event.data?.object ?? {};
  return object.id === session || object.session === session;
}

async function call(method, url, body) {
  const response = await fetch(url, { method, body: body && JSON.stringify(body), headers: { "content-type": "application/json" } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.trim()}`);
  return text ? JSON.parse(text) : undefined;
}
