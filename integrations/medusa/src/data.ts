import type { BigNumberInput } from '@medusajs/framework/types';
import { MathBN } from '@medusajs/framework/utils';
import type { Currency, Session } from './rieltime';

/**
 * What Medusa keeps of a payment. The storefront sees it, and may have given data of its own
 * beside it, so every field is set anew.
 */
export interface PaymentData extends Record<string, unknown> {
  /** The session, "cs_…", and where to send the buyer. */
  id: string;
  url: string;
  /** What the session must have to pay this: the reference is the id of Medusa's payment session. */
  amount: string;
  currency: Currency;
  reference: string;
  /** The payment at Rieltime, "pay_…", once there is one. */
  payment: string | null;
  /** How many refunds Medusa has stored. */
  refunds: number;
}

export function dataOf(session: Session, expected: { amount: string; currency: Currency; reference: string }, refunds = 0): PaymentData {
  const { amount, currency, reference } = expected;
  return { id: session.id, url: session.url, amount, currency, reference, payment: session.payment, refunds };
}

/** Reads what initiatePayment gave; throws for what it did not give. */
export function readData(data: Record<string, unknown> | undefined): PaymentData {
  for (const name of ['id', 'url', 'amount', 'currency', 'reference'] as const) {
    if (typeof data?.[name] !== 'string') throw new Error(`${name} is missing: Rieltime has not begun this payment`);
  }
  return data as PaymentData;
}

/**
 * Returns an amount of Medusa, in major units, as decimal text with as many decimals as can be
 * paid. Totals with taxes may have more, which Medusa leaves to the provider: halves go up.
 */
export function decimalText(amount: BigNumberInput, decimals: number | undefined): string {
  const number = MathBN.convert(amount);
  return decimals === undefined ? number.toFixed() : number.toFixed(decimals, 4);
}
