import { PluginCommonModule, type Type, VendurePlugin } from '@vendure/core';
import { Api } from './api';
import { rieltimeHandler } from './handler';
import { OPTIONS, type RieltimeOptions } from './options';
import { OrderPayments } from './order-payments';
import { ShopResolver, shopSchema } from './shop-api';
import { keepBody, WEBHOOK, WebhookController } from './webhook';

/** Adds the payment handler "rieltime", two mutations to the shop API, and the webhook endpoint. */
@VendurePlugin({
  imports: [PluginCommonModule],
  compatibility: '^3.0.0',
  controllers: [WebhookController],
  providers: [{ provide: OPTIONS, useFactory: () => RieltimePlugin.options }, Api, OrderPayments],
  shopApiExtensions: { schema: shopSchema, resolvers: [ShopResolver] },
  configuration: (config) => {
    config.paymentOptions.paymentMethodHandlers.push(rieltimeHandler);
    config.apiOptions.middleware.push({ route: `/${WEBHOOK}`, handler: keepBody, beforeListen: true });
    return config;
  },
})
export class RieltimePlugin {
  static options: RieltimeOptions;

  static init(options: RieltimeOptions): Type<RieltimePlugin> {
    this.options = options;
    return RieltimePlugin;
  }
}
