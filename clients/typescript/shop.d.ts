// Types of what plugins for shops share.

import type { Amount, Currency, Refund, Rieltime, Session, SessionCreate } from "./rieltime.js";

/** The decimals of each currency that can be paid. */
export const decimals: Record<Currency, number>;

/** What a shop wants to be paid, as the API writes it. */
export interface Expected {
  amount: Amount;
  currency: string;
  reference: string;
}

/** What a session says about an order. Only "paid" means that it is paid; "mismatch" is money that does not fit. */
export type Outcome = "paid" | "open" | "closed" | "mismatch";

/** Makes a client for calls that a buyer waits for: fewer and shorter attempts than by default. */
export function shopClient(baseUrl: string, key: string): Rieltime;

/**
 * Writes a decimal as the API does: "12.5" dollars as "12.50", "50000.00" riel as "50000".
 * It rounds nothing, and throws where there is nothing to pay or the currency is none of ours.
 */
export function amountText(decimal: string, currency: string): Amount;

/** Says what a session that was read back says about an order. */
export function outcomeOf(session: Session, expected: Expected): Outcome;

/**
 * Gives the session that pays an order: the one that is paid already, whether it fits or
 * not, else the open one, else a new one. An open one of another amount or currency is closed
 * first, so that an order cannot be paid twice.
 */
export function sessionFor(client: Rieltime, params: SessionCreate): Promise<Session>;

/** Closes the open sessions of an order; gives the one that is paid, if there is one. */
export function closeSessions(client: Rieltime, reference: string): Promise<Session | undefined>;

/**
 * Gives money back, once: repeated with the same amount while the shop has stored as many
 * refunds, because an answer was lost, it gives the refund that was made. One that failed is
 * tried anew. The amount is in the order's currency, whichever one the buyer paid.
 */
export function refundOnce(
  client: Rieltime,
  refund: { payment: string; amount: Amount; currency: Currency; reason: string },
  stored: number,
): Promise<Refund>;
