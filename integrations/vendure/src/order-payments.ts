import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  EventBus, isGraphQlErrorResult, Logger, type Order, OrderService, OrderStateTransitionEvent, PaymentMethodService, Refund,
  type RequestContext, RequestContextService, totalCoveredByPayments, TransactionalConnection,
} from '@vendure/core';
import type { Currency, WebhookEvent, Refund as RieltimeRefund, Session } from './rieltime';
import { Api } from './api';
import { rieltimeHandler } from './handler';

const LOG = 'Rieltime';

/** What a session says about its order. */
export type Outcome = 'PAID' | 'OPEN' | 'CLOSED' | 'MISMATCH' | 'UNKNOWN';

/** Pays orders: makes their sessions and settles them. An order's sessions have its code as reference. */
@Injectable()
export class OrderPayments implements OnApplicationBootstrap {
  constructor(
    private readonly api: Api,
    private readonly connection: TransactionalConnection,
    private readonly contexts: RequestContextService,
    private readonly orders: OrderService,
    private readonly methods: PaymentMethodService,
    private readonly events: EventBus,
  ) {}

  /** An order that is canceled, or changed again, must not be paid as it was. */
  onApplicationBootstrap(): void {
    this.events.ofType(OrderStateTransitionEvent).subscribe((event) => {
      if (event.toState !== 'Cancelled' && !(event.fromState === 'ArrangingPayment' && event.toState === 'AddingItems')) return;
      this.closeSessions(event.order.code).catch((error) => Logger.error(`sessions of ${event.order.code} were not closed: ${error}`, LOG));
    });
  }

  /**
   * Returns where to send the buyer: an order has one open session at most, so that going
   * back and pressing again cannot pay twice.
   */
  async start(ctx: RequestContext, order: Order): Promise<string> {
    order.payments = await this.orders.getOrderPayments(ctx, order.id);
    const left = order.totalWithTax - totalCoveredByPayments(order);

    const { sessionFor } = await this.api.shop();
    const session = await sessionFor(await this.api.client(), {
      amount: await this.api.amountText(left, order.currencyCode), currency: order.currencyCode as Currency, reference: order.code,
      description: `Order ${order.code}`, metadata: { channel: ctx.channel.token },
      success_url: this.api.options.successUrl, cancel_url: this.api.options.cancelUrl,
    });
    return session.status === 'complete' ? await this.leadBack(session) : session.url;
  }

  /** A buyer whose session is paid is not sent to pay again. */
  private async leadBack(session: Session): Promise<string> {
    const outcome = await this.settle(session);
    if (outcome !== 'PAID') throw new Error(`session ${session.id} is paid and does not fit its order`);
    const address = new URL(this.api.options.successUrl);
    address.searchParams.set('session_id', session.id);
    return address.href;
  }

  /** Reads a session back and settles its order: that the buyer came back proves nothing. */
  async check(session: string): Promise<Outcome> {
    return this.settle(await (await this.api.client()).getSession(session));
  }

  /** Settles an order by a session. It is settled once, and never taken back. */
  async settle(session: Session): Promise<Outcome> {
    const ctx = await this.context(session.metadata.channel);
    const found = await this.orders.findOneByCode(ctx, session.reference);
    if (!found) return 'UNKNOWN';
    if (session.status !== 'complete') return session.status === 'expired' || session.status === 'canceled' ? 'CLOSED' : 'OPEN';

    return await this.connection.withTransaction(ctx, async (tx) => {
      if (await this.isRecorded(tx, found, session)) return 'PAID';
      if (found.state === 'AddingItems') {
        await this.orders.transitionToState(tx, found.id, 'ArrangingPayment'); // the buyer went back to the cart
      }
      const result = await this.orders.addPaymentToOrder(tx, found.id, { method: await this.method(tx), metadata: { session: session.id } });
      if (!isGraphQlErrorResult(result)) return 'PAID';
      if (await this.isRecorded(tx, found, session)) return 'PAID'; // by who came first

      const why = 'paymentErrorMessage' in result ? result.paymentErrorMessage : result.message;
      Logger.error(`session ${session.id} of ${session.amount} ${session.currency} is paid and was not recorded for order ${found.code}: ${why}`, LOG);
      return 'MISMATCH';
    });
  }

  private async isRecorded(ctx: RequestContext, order: Order, session: Session): Promise<boolean> {
    const payments = await this.orders.getOrderPayments(ctx, order.id);
    return payments.some((payment) => payment.state === 'Settled' && payment.transactionId === session.payment);
  }

  /** Works on a verified event. What it throws is answered 500, and the event comes again. */
  async receive(event: WebhookEvent): Promise<void> {
    const object = event.data.object;
    if (event.type === 'checkout.session.completed') await this.settle(object as Session);
    if (event.type === 'refund.succeeded' || event.type === 'refund.failed') await this.finishRefund(object as RieltimeRefund);
  }

  private async finishRefund(refund: RieltimeRefund): Promise<void> {
    const ctx = await this.context(refund.metadata.channel);
    const found = await this.connection.getRepository(ctx, Refund).findOne({ where: { transactionId: refund.id } });
    if (found?.state !== 'Pending') return; // made elsewhere, or known already
    const state = refund.status === 'succeeded' ? 'Settled' : 'Failed';
    const result = await this.orders.transitionRefundToState(ctx, found.id, state, refund.id);
    if (isGraphQlErrorResult(result)) throw new Error(result.message);
  }

  private async closeSessions(reference: string): Promise<void> {
    const { closeSessions } = await this.api.shop();
    const paid = await closeSessions(await this.api.client(), reference);
    if (paid) await this.settle(paid);
  }

  private async context(channel?: string): Promise<RequestContext> {
    return this.contexts.create({ apiType: 'admin', channelOrToken: channel });
  }

  /** The code of the payment method that uses the handler. */
  private async method(ctx: RequestContext): Promise<string> {
    const methods = (await this.methods.findAll(ctx)).items;
    const found = methods.find((method) => method.enabled && method.handler.code === rieltimeHandler.code);
    if (!found) throw new Error('no payment method uses the handler rieltime');
    return found.code;
  }
}
