// A client of the Rieltime API: fetch and Web Crypto, nothing else. Its types
// are in rieltime.d.ts; every method is named after its operationId in the
// server's /openapi.json and described at its /docs.

const firstWait = 500, longestWait = 60_000, tolerance = 300;

/** What the API answered instead of 2xx. */
export class RieltimeError extends Error {
  constructor(status, problem, response) {
    super(`${status} ${problem.code ?? ""}: ${problem.detail ?? "the answer is not from Rieltime's API"}`);
    this.name = "RieltimeError";
    this.status = status;
    this.code = problem.code ?? "";
    this.param = problem.param ?? "";
    this.errors = problem.errors ?? [];
    this.requestId = problem.request_id ?? response.headers.get("x-request-id") ?? "";
    this.retryAfter = Number(response.headers.get("retry-after")) || 0;
  }
}

export class Rieltime {
  #base; #key; #attempts; #timeout; #fetch; #wait;

  constructor({ baseUrl, key, attempts = 4, timeout = 30_000, fetch = globalThis.fetch, wait = sleep }) {
    this.#base = baseUrl.replace(/\/$/, "");
    this.#key = key;
    this.#attempts = attempts;
    this.#timeout = timeout;
    this.#fetch = fetch;
    this.#wait = wait;
  }

  createSession(params, options) { return this.#post("/v1/checkout/sessions", params, options); }
  listSessions(query, options) { return this.#get("/v1/checkout/sessions", query, options); }
  getSession(session, options) { return this.#get(path`/v1/checkout/sessions/${session}`, {}, options); }
  expireSession(session, options) { return this.#post(path`/v1/checkout/sessions/${session}/expire`, {}, options); }

  listPayments(query, options) { return this.#get("/v1/payments", query, options); }
  getPayment(payment, options) { return this.#get(path`/v1/payments/${payment}`, {}, options); }
  reviewPayment(payment, params, options) { return this.#post(path`/v1/payments/${payment}/review`, params, options); }

  createRefund(params, options) { return this.#post("/v1/refunds", params, options); }
  listRefunds(query, options) { return this.#get("/v1/refunds", query, options); }
  getRefund(refund, options) { return this.#get(path`/v1/refunds/${refund}`, {}, options); }

  createPaymentLink(params, options) { return this.#post("/v1/payment_links", params, options); }
  listPaymentLinks(query, options) { return this.#get("/v1/payment_links", query, options); }
  getPaymentLink(link, options) { return this.#get(path`/v1/payment_links/${link}`, {}, options); }
  deactivatePaymentLink(link, options) { return this.#post(path`/v1/payment_links/${link}/deactivate`, {}, options); }

  createWebhookEndpoint(params, options) { return this.#post("/v1/webhook_endpoints", params, options); }
  listWebhookEndpoints(query, options) { return this.#get("/v1/webhook_endpoints", query, options); }
  getWebhookEndpoint(endpoint, options) { return this.#get(path`/v1/webhook_endpoints/${endpoint}`, {}, options); }
  updateWebhookEndpoint(endpoint, params, options) { return this.#post(path`/v1/webhook_endpoints/${endpoint}`, params, options); }
  deleteWebhookEndpoint(endpoint, options) { return this.#send("DELETE", path`/v1/webhook_endpoints/${endpoint}`, { options }); }
  rotateWebhookSecret(endpoint, params, options) { return this.#post(path`/v1/webhook_endpoints/${endpoint}/rotate_secret`, params, options); }
  testWebhookEndpoint(endpoint, options) { return this.#post(path`/v1/webhook_endpoints/${endpoint}/test`, {}, options); }
  redeliver(endpoint, params, options) { return this.#post(path`/v1/webhook_endpoints/${endpoint}/redeliver`, params, options); }
  listDeliveries(endpoint, query, options) { return this.#get(path`/v1/webhook_endpoints/${endpoint}/deliveries`, query, options); }
  redeliverOne(endpoint, delivery, options) { return this.#post(path`/v1/webhook_endpoints/${endpoint}/deliveries/${delivery}/redeliver`, {}, options); }

  listEvents(query, options) { return this.#get("/v1/events", query, options); }
  getEvent(event, options) { return this.#get(path`/v1/events/${event}`, {}, options); }

  #get(path, query = {}, options) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return this.#send("GET", search ? `${path}?${search}` : path, { options });
  }

  #post(path, params = {}, options = {}) {
    const key = options.idempotencyKey ?? crypto.randomUUID();
    return this.#send("POST", path, { body: JSON.stringify(params), headers: { "content-type": "application/json", "idempotency-key": key }, options });
  }

  // A request is sent again where that is safe and may help: every POST has an
  // Idempotency-Key, the same at each attempt.
  async #send(method, path, { body, headers, options = {} }) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#try(method, path, { body, headers, signal: options.signal });
      } catch (error) {
        if (options.signal?.aborted || attempt >= this.#attempts || !worthRepeating(error)) throw error;
        await this.#wait(pause(attempt, error), options.signal);
      }
    }
  }

  async #try(method, path, { body, headers, signal }) {
    const timeout = AbortSignal.timeout(this.#timeout);
    const response = await this.#fetch(this.#base + path, {
      method, body, signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      redirect: "manual", // the key must not go anywhere else
      headers: { ...headers, accept: "application/json, application/problem+json", authorization: `Bearer ${this.#key}` },
    });
    const text = await response.text();
    if (!response.ok) throw new RieltimeError(response.status, parsed(text), response);
    return text ? JSON.parse(text) : undefined;
  }
}

/**
 * Goes through a list page by page: `for await (const session of all(q => client.listSessions(q), { status: "open" }))`.
 * With `ending_before` it goes to newer ones, the nearest first.
 */
export async function* all(list, query = {}) {
  const cursor = query.ending_before === undefined ? "starting_after" : "ending_before";
  for (let next = query; ;) {
    const page = await list(next);
    // Every page has its newest first.
    const elements = cursor === "ending_before" ? page.data.toReversed() : page.data;
    yield* elements;

    const last = elements.at(-1);
    if (!page.has_more || !last) return;
    next = last.object === "event" ? { ...query, after_sequence: last.sequence } : { ...query, [cursor]: last.id };
  }
}

/**
 * Verifies a webhook by Standard Webhooks 1.0 and gives its event; throws when
 * it is forged or older than five minutes. The body is the text as it arrived.
 */
export async function verifyWebhook(secret, headers, body, now = Date.now() / 1000) {
  const header = (name) => (typeof headers.get === "function" ? headers.get(name) : headers[name]) ?? "";
  const sent = header("webhook-timestamp");
  if (!/^\d{1,12}$/.test(sent) || Math.abs(now - Number(sent)) > tolerance) throw new Error("webhook refused: its time is wrong");
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (c) => c.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${header("webhook-id")}.${sent}.${body}`);
  for (const part of header("webhook-signature").split(" ")) {
    if (part.startsWith("v1,") && await crypto.subtle.verify("HMAC", key, signature(part.slice(3)), signed)) return JSON.parse(body);
  }
  throw new Error("webhook refused: its signature is wrong");
}

/**
 * Tells whether the ids, in the order of their events' `sequence`, are those of
 * a digest. If not, read the feed again after `first_sequence - 1`.
 */
export async function digestMatches(digest, ids) {
  const text = new TextEncoder().encode(ids.map((id) => id + "\n").join(""));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return ids.length === digest.count && hex === digest.ids_sha256;
}

function signature(base64) {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function path(parts, ...ids) {
  return parts.reduce((made, part, i) => made + encodeURIComponent(ids[i - 1]) + part);
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function worthRepeating(error) {
  if (!(error instanceof RieltimeError)) return !(error instanceof SyntaxError);
  return error.status === 429 || error.status >= 500 || error.code === "idempotency_in_flight";
}

// As long as the server asks for, else a time that doubles, with jitter.
function pause(attempt, error) {
  if (error.retryAfter > 0) return Math.min(error.retryAfter * 1000, longestWait);
  const step = Math.min(firstWait * 2 ** (attempt - 1), longestWait);
  return step / 2 + (Math.random() * step) / 2;
}

function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}
