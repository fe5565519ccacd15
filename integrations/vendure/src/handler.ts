import {
  type CreatePaymentResult, type CreatePaymentErrorResult, type Injector, LanguageCode, Order, PaymentMethodHandler, type RequestContext,
  totalCoveredByPayments, TransactionalConnection,
} from '@vendure/core';
import type { Currency, Session } from './rieltime';
import { Api } from './api';

let api: Api, connection: TransactionalConnection;

/**
 * Records what came for an order. The session is read from Rieltime, whoever names it: a
 * payment is settled only when that session is complete and made for this order and amount.
 */
export const rieltimeHandler = new PaymentMethodHandler({
  code: 'rieltime',
  description: [{ languageCode: LanguageCode.en, value: 'Rieltime' }],
  args: {},

  init(injector: Injector) {
    api = injector.get(Api);
    connection = injector.get(TransactionalConnection);
  },

  async createPayment(ctx, order, amount, _args, metadata): Promise<CreatePaymentResult | CreatePaymentErrorResult> {
    if (typeof metadata.session !== 'string') return declined(amount, 'metadata.session is missing');
    const session = await (await api.client()).getSession(metadata.session);
    const problem = await findProblem(ctx, order, amount, session);
    if (problem) return declined(amount, problem);
    return { amount, state: 'Settled', transactionId: session.payment ?? '', metadata: { session: session.id } };
  },

  settlePayment: () => ({ success: false, errorMessage: 'Rieltime settles payments by itself' }),

  async createRefund(_ctx, input, amount, order, payment) {
    const { refundOnce } = await api.shop();
    const refund = await refundOnce(await api.client(), {
      payment: payment.transactionId,
      amount: await api.amountText(amount, order.currencyCode),
      currency: order.currencyCode as Currency,
      reason: input.reason?.slice(0, 255) || `Order ${order.code}`,
    }, payment.refunds?.length ?? 0);
    const state = { succeeded: 'Settled', failed: 'Failed' }[refund.status as string] ?? 'Pending';
    return { state: state as 'Settled' | 'Failed' | 'Pending', transactionId: refund.id };
  },
});

/** Says why a session does not pay what is left of an order; nothing when it does. */
async function findProblem(ctx: RequestContext, order: Order, amount: number, session: Session): Promise<string | undefined> {
  if (amount <= 0) return 'the order is paid already';
  const { outcomeOf } = await api.shop();
  const outcome = outcomeOf(session, { amount: await api.amountText(amount, order.currencyCode), currency: order.currencyCode, reference: order.code });
  if (outcome === 'mismatch') return 'the session is not of this order and amount';
  if (outcome !== 'paid') return `the session is ${session.status}`;

  // Webhook and returning buyer may come together: the second waits here until the first has
  // committed, and then sees that nothing is left to pay. (SQLite has one writer anyway.)
  const orders = connection.getRepository(ctx, Order);
  if (connection.rawConnection.options.type === 'postgres' || connection.rawConnection.options.type === 'mysql' || connection.rawConnection.options.type === 'mariadb') {
    await orders.createQueryBuilder('o').select('o.id').setLock('pessimistic_write').where('o.id = :id', { id: order.id }).getOne();
  }
  const now = await orders.findOneOrFail({ where: { id: order.id }, relations: ['lines', 'shippingLines', 'surcharges', 'payments', 'payments.refunds'] });
  if (now.totalWithTax - totalCoveredByPayments(now) !== amount) return 'the order has changed, or is paid already';
}

function declined(amount: number, errorMessage: string): CreatePaymentResult {
  return { amount, state: 'Declined', errorMessage };
}
