import { Inject, Injectable } from '@nestjs/common';
import type { Rieltime, WebhookEvent } from './rieltime';
import { OPTIONS, type RieltimeOptions } from './options';

/** Rieltime's API. Its client is an ES module, which CommonJS loads when it is first needed. */
@Injectable()
export class Api {
  private made?: Rieltime;

  constructor(@Inject(OPTIONS) readonly options: RieltimeOptions) {}

  async client(): Promise<Rieltime> {
    const { Rieltime } = await import('rieltime');
    // A buyer waits for it: fewer and shorter attempts than by default.
    return this.made ??= new Rieltime({ baseUrl: this.options.url, key: this.options.key, attempts: 2, timeout: 10_000 });
  }

  /** Gives the event of a webhook; throws for what Rieltime did not send. */
  async verify(headers: Record<string, string>, body: string): Promise<WebhookEvent> {
    const { verifyWebhook } = await import('rieltime');
    return await verifyWebhook(this.options.webhookSecret, headers, body);
  }
}
