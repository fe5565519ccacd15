/** The settings of the plugin. Key and secret are of one mode: a test shop and a live one are two shops. */
export interface RieltimeOptions {
  /** The address of the Rieltime server, such as "https://pay.example". */
  url: string;
  /** "sk_test_…" or "sk_live_…". */
  key: string;
  /** The secret of the webhook endpoint `https://your.shop/rieltime/webhook`, "whsec_…". */
  webhookSecret: string;
  /** The storefront's page to which buyers return; it gets `session_id` in its query. */
  successUrl: string;
  /** The storefront's page for buyers who do not pay. */
  cancelUrl: string;
}

/** The name under which Nest gives the options. */
export const OPTIONS = Symbol('RieltimeOptions');
