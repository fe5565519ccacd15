/** The settings of the provider. Key and secret are of one mode: a test shop and a live one are two shops. */
export interface RieltimeOptions {
  /** The address of the Rieltime server, such as "https://pay.example". */
  url: string;
  /** "sk_test_…" or "sk_live_…". */
  key: string;
  /** The secret of the webhook endpoint `https://your.shop/hooks/payment/rieltime_rieltime`, "whsec_…". */
  webhookSecret: string;
  /** The storefront's page to which buyers return; it gets `session_id` in its query. */
  successUrl: string;
  /** The storefront's page for buyers who do not pay. */
  cancelUrl: string;
}

/** Throws where a setting is missing. */
export function checkOptions(options: Record<string, unknown>): void {
  for (const name of ['url', 'key', 'webhookSecret', 'successUrl', 'cancelUrl'] satisfies (keyof RieltimeOptions)[]) {
    if (typeof options[name] !== 'string' || options[name] === '') throw new Error(`the option ${name} of Rieltime's payment provider is missing`);
  }
}
