import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from '@vendure/core';
import type { Rieltime, WebhookEvent } from './rieltime';
import { decimalText } from './amount';
import { OPTIONS, type RieltimeOptions } from './options';

/** Rieltime's API. Its client is ES modules, which CommonJS loads when they are first needed. */
@Injectable()
export class Api {
  private made?: Rieltime;

  constructor(@Inject(OPTIONS) readonly options: RieltimeOptions, private readonly config: ConfigService) {}

  async client(): Promise<Rieltime> {
    const { shopClient } = await this.shop();
    return this.made ??= shopClient(this.options.url, this.options.key);
  }

  /** What plugins for shops share. */
  shop() {
    return import('rieltime/shop');
  }

  /** Returns an amount of Vendure as the API writes it; throws where there is nothing to pay. */
  async amountText(amount: number, currency: string): Promise<string> {
    const { amountText } = await this.shop();
    return amountText(decimalText(amount, this.config.entityOptions.moneyStrategy?.precision ?? 2), currency);
  }

  /** Gives the event of a webhook; throws for what Rieltime did not send. */
  async verify(headers: Record<string, string>, body: string): Promise<WebhookEvent> {
    const { verifyWebhook } = await import('rieltime');
    return await verifyWebhook(this.options.webhookSecret, headers, body);
  }
}
