import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { ActiveOrderService, Allow, Ctx, Permission, type RequestContext, UserInputError } from '@vendure/core';
import type { DocumentNode } from 'graphql';
import gql from 'graphql-tag';
import { OrderPayments, type Outcome } from './order-payments';

export const shopSchema: DocumentNode = gql`
  "What Rieltime says about a session."
  enum RieltimeOutcome { PAID OPEN CLOSED MISMATCH UNKNOWN }

  extend type Mutation {
    "Returns where to send the buyer to pay the active order, which is in the state ArrangingPayment."
    payWithRieltime: String!
    "Reads the session of a buyer who came back, and settles its order."
    checkRieltimePayment(session: String!): RieltimeOutcome!
  }
`;

@Resolver()
export class ShopResolver {
  constructor(private readonly active: ActiveOrderService, private readonly payments: OrderPayments) {}

  @Mutation()
  @Allow(Permission.Owner)
  async payWithRieltime(@Ctx() ctx: RequestContext): Promise<string> {
    const order = await this.active.getActiveOrder(ctx, undefined);
    if (order?.state !== 'ArrangingPayment') throw new UserInputError('there is no order to pay');
    return this.payments.start(ctx, order);
  }

  @Mutation()
  @Allow(Permission.Public)
  async checkRieltimePayment(@Args('session') session: string): Promise<Outcome> {
    return this.payments.check(session);
  }
}
