import type {
  AuthorizePaymentInput, AuthorizePaymentOutput, BigNumberInput, CancelPaymentInput, CancelPaymentOutput, CapturePaymentInput, CapturePaymentOutput, DeletePaymentInput,
  DeletePaymentOutput, GetPaymentStatusInput, GetPaymentStatusOutput, InitiatePaymentInput, InitiatePaymentOutput, Logger, ProviderWebhookPayload,
  RefundPaymentInput, RefundPaymentOutput, RetrievePaymentInput, RetrievePaymentOutput, UpdatePaymentInput, UpdatePaymentOutput, WebhookActionResult,
} from '@medusajs/framework/types';
import { AbstractPaymentProvider, BigNumber, MedusaError, PaymentActions, PaymentSessionStatus } from '@medusajs/framework/utils';
import { dataOf, decimalText, readData, type PaymentData } from './data';
import { checkOptions, type RieltimeOptions } from './options';
import type { Currency, Expected, Outcome, Rieltime, Session, WebhookEvent } from './rieltime';

interface State {
  status: PaymentSessionStatus;
  data: PaymentData;
}

/** An open session is pending, whatever attempts failed: the buyer may still pay. */
const statuses: Record<Outcome, PaymentSessionStatus> = {
  paid: PaymentSessionStatus.CAPTURED,
  open: PaymentSessionStatus.PENDING,
  closed: PaymentSessionStatus.CANCELED,
  mismatch: PaymentSessionStatus.ERROR,
};

/** Events of money that Medusa has no place for: it waits in Rieltime's dashboard. */
const alarms = new Set(['payment.late', 'payment.duplicate', 'payment.mismatch', 'refund.failed']);

/**
 * Pays Medusa's payment sessions, each by one session of Rieltime whose reference is its id.
 * Whatever calls, the session is read from Rieltime, and counts as captured only when it is
 * complete with the amount, the currency and the reference that were asked for.
 */
export class RieltimeProvider extends AbstractPaymentProvider<RieltimeOptions> {
  static identifier = 'rieltime';

  private readonly logger?: Logger;
  private made?: Rieltime;

  static validateOptions(options: Record<string, unknown>): void {
    checkOptions(options);
  }

  constructor(container: { logger?: Logger }, options: RieltimeOptions) {
    super(container, options);
    this.logger = container.logger;
  }

  async initiatePayment({ amount, currency_code, data }: InitiatePaymentInput): Promise<InitiatePaymentOutput> {
    // Medusa sets session_id behind what a storefront gave.
    if (typeof data?.session_id !== 'string') throw new Error('the id of the payment session is missing');
    const begun = await this.begin(amount, currency_code, data.session_id);
    return { id: begun.data.id, ...begun };
  }

  /** Closes the session of another amount or currency first: a changed cart is not paid as it was. */
  async updatePayment({ amount, currency_code, data }: UpdatePaymentInput): Promise<UpdatePaymentOutput> {
    return this.begin(amount, currency_code, readData(data).reference);
  }

  async authorizePayment({ data }: AuthorizePaymentInput): Promise<AuthorizePaymentOutput> {
    return this.read(readData(data));
  }

  async getPaymentStatus({ data }: GetPaymentStatusInput): Promise<GetPaymentStatusOutput> {
    return this.read(readData(data));
  }

  async retrievePayment({ data }: RetrievePaymentInput): Promise<RetrievePaymentOutput> {
    return { data: (await this.read(readData(data))).data };
  }

  /** The money is there already: there is nothing to capture, only to see. */
  async capturePayment({ data }: CapturePaymentInput): Promise<CapturePaymentOutput> {
    const { status, data: found } = await this.read(readData(data));
    if (status !== PaymentSessionStatus.CAPTURED) throw refusal(`the payment of ${found.reference} is ${status}`);
    return { data: found };
  }

  /**
   * Gives money back. Where its answer was lost, Medusa forgets the refund; repeated with the
   * same amount, it is not given twice. What a bank has not confirmed yet counts as given.
   */
  async refundPayment({ amount, data }: RefundPaymentInput): Promise<RefundPaymentOutput> {
    const known = readData(data);
    const { status, data: found } = await this.read(known);
    if (status !== PaymentSessionStatus.CAPTURED || !found.payment) throw refusal(`the payment of ${known.reference} is ${status}`);

    const { refundOnce } = await import('rieltime/shop');
    const stored = known.refunds ?? 0;
    const refund = await refundOnce(await this.client(), {
      payment: found.payment, amount: await this.amountText(amount, known.currency), currency: known.currency, reason: `Payment ${known.reference}`,
    }, stored);
    if (refund.status === 'failed') throw refusal(`the refund of ${known.reference} failed: ${refund.failure_code}`);
    return { data: { ...found, refunds: stored + 1 } };
  }

  /** Closes what is still open. A paid payment is refunded instead: a buyer's money is never forgotten. */
  async cancelPayment({ data }: CancelPaymentInput): Promise<CancelPaymentOutput> {
    if (typeof data?.reference !== 'string') return { data }; // never begun
    const { closeSessions } = await import('rieltime/shop');
    const client = await this.client();
    const paid = await closeSessions(client, data.reference);
    if (!paid?.payment) return { data };

    // Medusa gives the money back when an order cannot be made, and then begins anew.
    const payment = await client.getPayment(paid.payment);
    if (payment.amount_refunded !== payment.amount) throw refusal(`${data.reference} is paid: complete the cart, or give the money back`);
    return { data };
  }

  /** When the cart changes, or the buyer chooses another way to pay. */
  async deletePayment({ data }: DeletePaymentInput): Promise<DeletePaymentOutput> {
    return this.cancelPayment({ data });
  }

  /**
   * Reads the session of a verified event back. Nothing but a complete session says "captured",
   * and nothing takes that back; Medusa then calls authorizePayment, which compares.
   */
  async getWebhookActionAndData({ rawData, headers }: ProviderWebhookPayload['payload']): Promise<WebhookActionResult> {
    const event = await this.verify(headers, rawData);
    const session = event && await this.sessionOf(event);
    if (!session) return { action: PaymentActions.NOT_SUPPORTED };

    const action = { complete: PaymentActions.SUCCESSFUL, open: PaymentActions.PENDING, expired: PaymentActions.CANCELED, canceled: PaymentActions.CANCELED }[session.status];
    return { action, data: { session_id: session.reference, amount: new BigNumber(session.amount) } };
  }

  private async verify(headers: Record<string, unknown>, body: string | Buffer): Promise<WebhookEvent | undefined> {
    const { verifyWebhook } = await import('rieltime');
    const sent = headers as Record<string, string>;
    try {
      // Medusa may come to it after more than five minutes. An old one proves no less: the session is read back.
      return await verifyWebhook(this.config.webhookSecret, sent, body.toString(), Number(sent['webhook-timestamp']));
    } catch (error) {
      this.logger?.warn(`Rieltime: ${error}`); // Medusa has answered already: there is nobody to refuse
    }
  }

  /** The session that an event is about, as it is now, where it is one of this shop. */
  private async sessionOf(event: WebhookEvent): Promise<Session | undefined> {
    const object = event.data.object;
    if (alarms.has(event.type) && 'id' in object) this.logger?.error(`Rieltime: ${event.type}: somebody has to look at ${object.id}`);
    if (object.object !== 'checkout.session' && object.object !== 'payment') return;
    const session = await (await this.client()).getSession(object.object === 'payment' ? object.session : object.id);
    return session.reference.startsWith('payses_') ? session : undefined;
  }

  private async read(known: PaymentData): Promise<State> {
    const session = await (await this.client()).getSession(known.id);
    const status = await this.judge(session, known);
    return { status, data: dataOf(session, known, known.refunds) };
  }

  private async judge(session: Session, expected: Expected): Promise<PaymentSessionStatus> {
    const { outcomeOf } = await import('rieltime/shop');
    const outcome = outcomeOf(session, expected);
    if (outcome === 'mismatch') this.logger?.error(`Rieltime: session ${session.id} of ${session.amount} ${session.currency} is paid and does not fit ${expected.reference}`);
    return statuses[outcome];
  }

  /** Gives the session that pays what is expected, an open one or the one that is paid. */
  private async begin(amount: BigNumberInput, code: string, reference: string): Promise<State> {
    const currency = code.toUpperCase() as Currency;
    const expected = { amount: await this.amountText(amount, currency), currency, reference };
    const { sessionFor } = await import('rieltime/shop');
    const session = await sessionFor(await this.client(), {
      ...expected, success_url: this.config.successUrl, cancel_url: this.config.cancelUrl,
    });

    const status = await this.judge(session, expected);
    if (status === PaymentSessionStatus.ERROR) throw refusal(`${reference} is paid already, by another amount`);
    return { status, data: dataOf(session, expected) };
  }

  private async amountText(amount: BigNumberInput, currency: string): Promise<string> {
    const { amountText, decimals } = await import('rieltime/shop');
    return amountText(decimalText(amount, decimals[currency as Currency]), currency);
  }

  private async client(): Promise<Rieltime> {
    const { shopClient } = await import('rieltime/shop');
    return this.made ??= shopClient(this.config.url, this.config.key);
  }
}

function refusal(text: string): MedusaError {
  return new MedusaError(MedusaError.Types.NOT_ALLOWED, `Rieltime: ${text}`);
}
