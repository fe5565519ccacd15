// What plugins for shops share: an order is paid by one session at a time, and only by one
// that was read back and fits. Its types are in shop.d.ts.

import { Rieltime, RieltimeError, all } from "./rieltime.js";

/** The decimals of each currency that can be paid. */
export const decimals = { USD: 2, KHR: 0, MYR: 2, IDR: 2 };

/** Makes a client for calls that a buyer waits for: fewer and shorter attempts than by default. */
export function shopClient(baseUrl, key) {
  return new Rieltime({ baseUrl, key, attempts: 2, timeout: 10_000 });
}

/**
 * Writes a decimal as the API does: "12.5" dollars as "12.50", "50000.00" riel as "50000".
 * It rounds nothing, and throws where there is nothing to pay.
 */
export function amountText(decimal, currency) {
  const places = decimals[currency];
  if (places === undefined) throw new Error(`Rieltime takes no ${currency}`);
  const [, whole, fraction = ""] = /^0*(\d+)(?:\.(\d*?)0*)?$/.exec(decimal) ?? [];
  if (whole === undefined) throw new Error(`${decimal} is no amount`);
  if (fraction.length > places) throw new Error(`${currency} has ${places} decimals`);
  if (whole === "0" && fraction === "") throw new Error("there is nothing to pay");
  return places === 0 ? whole : `${whole}.${fraction.padEnd(places, "0")}`;
}

/** Says what a session that was read back says about an order. */
export function outcomeOf(session, { amount, currency, reference }) {
  if (session.status === "open") return "open";
  if (session.status !== "complete") return "closed";
  return session.amount === amount && session.currency === currency && session.reference === reference ? "paid" : "mismatch";
}

/**
 * Gives the session that pays an order: the one that is paid already, whether it fits or
 * not, else the open one, else a new one. An open one of another amount or currency is closed
 * first, so that an order cannot be paid twice.
 */
export async function sessionFor(client, params) {
  const sessions = await sessionsOf(client, params.reference);
  const complete = sessions.find((session) => session.status === "complete");
  if (complete) return complete;

  for (const session of sessions.filter((session) => session.status === "open")) {
    if (session.amount === params.amount && session.currency === params.currency) return session;
    await client.expireSession(session.id); // fails when it was paid meanwhile: no other is made then
  }
  // The same key for who asks at the same time, and when an answer is lost.
  return client.createSession(params, { idempotencyKey: `${params.reference}-${sessions.length}-${params.amount}-${params.currency}` });
}

/** Closes the open sessions of an order; gives the one that is paid, if there is one. */
export async function closeSessions(client, reference) {
  for (const session of await sessionsOf(client, reference)) {
    if (session.status === "complete") return session;
    if (session.status !== "open") continue;
    try {
      await client.expireSession(session.id);
    } catch (error) {
      if (!(error instanceof RieltimeError)) throw error;
      if (error.code === "session_complete") return client.getSession(session.id); // paid meanwhile
      if (error.code !== "session_closed") throw error;
    }
  }
}

/**
 * Gives money back, once: repeated with the same amount while the shop has stored as many
 * refunds, because an answer was lost, it gives the refund that was made. One that failed is
 * tried anew. The amount is in the order's currency, whichever one the buyer paid.
 */
export async function refundOnce(client, { payment, amount, currency, reason }, stored) {
  let failed = 0;
  for await (const refund of all((query) => client.listRefunds(query), { payment })) {
    if (refund.status === "failed") failed++;
  }
  return client.createRefund({ payment, amount, currency, reason }, { idempotencyKey: `${payment}-refund-${stored}-${failed}-${amount}` });
}

async function sessionsOf(client, reference) {
  const found = [];
  for await (const session of all((query) => client.listSessions(query), { reference, limit: 100 })) found.push(session);
  return found;
}
