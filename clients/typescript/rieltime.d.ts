// Types of the Rieltime API, by hand after the server's /openapi.json, which
// they are tested against. Amounts are decimal text, times RFC 3339 text.

export type Amount = string;

export type Currency = "USD" | "KHR" | "MYR" | "IDR";

/** What prices can be converted to. */
export type PayCurrency = "USD" | "KHR";

export type Mode = "test" | "live";

export type Locale = "km" | "en" | "zh";

export type PaymentMethod = string;

export type ReturnURL = string;

/** What is known of the buyer; the page asks for what a method needs and is not here. */
export interface CustomerCreate {
  id?: string;
  name?: string;
  email?: string;
  phone?: string;
}

/** What is known of the buyer; null is not known, or forgotten by now. */
export interface Customer {
  id: string | null;
  name: string | null;
  email: string | null;
  phone: string | null;
}

/** One line of what is bought. */
export interface LineItem {
  name: string;
  quantity: number;
  amount: Amount;
}

export type Metadata = Record<string, string>;

export type SessionStatus = "open" | "complete" | "expired" | "canceled";

/** A purchase to be paid. */
export interface SessionCreate {
  amount: Amount;
  currency: Currency;
  reference: string;
  success_url: ReturnURL;
  cancel_url: ReturnURL;
  description?: string;
  line_items?: LineItem[];
  customer?: CustomerCreate;
  payment_methods?: PaymentMethod[];
  pay_currencies?: PayCurrency[] | null;
  locale?: Locale;
  expires_in?: number;
  expires_at?: string;
  metadata?: Metadata;
}

/** One purchase. */
export interface Session {
  id: string;
  object: "checkout.session";
  url: string;
  mode: Mode;
  status: SessionStatus;
  amount: Amount;
  currency: Currency;
  reference: string;
  description: string | null;
  line_items: LineItem[];
  customer: Customer;
  success_url: string | null;
  cancel_url: string | null;
  payment_methods: PaymentMethod[] | null;
  pay_currencies: PayCurrency[] | null;
  pay_amounts: PayAmount[];
  locale: Locale | null;
  metadata: Metadata;
  payment: string | null;
  payment_link: string | null;
  created_at: string;
  expires_at: string;
  closed_at: string | null;
}

/** A rate of exchange: one `base` is `value` of `quote`. */
export interface Rate {
  base: PayCurrency;
  quote: PayCurrency;
  value: string;
}

/** An amount by which a session can be paid. */
export interface PayAmount {
  amount: Amount;
  currency: Currency;
  rate: Rate | null;
}

export type PaymentStatus = "created" | "requires_action" | "processing" | "succeeded" | "failed" | "expired" | "canceled";

/** What the provider said about the money it took. */
export interface Proof {
  amount: Amount;
  currency: Currency;
  provider: string;
  source: "query" | "callback" | "hash";
  provider_reference: string;
  payee: string | null;
  transaction_id: string | null;
  paid_at: string | null;
  seen_at: string;
  raw: unknown;
}

/** What was decided about money that did not fit. */
export interface ReviewDecision {
  decision: "accept" | "refunded" | "refuse";
  note: string | null;
  decided_at: string;
}

/** One attempt to pay a session through one provider. */
export interface Payment {
  id: string;
  object: "payment";
  session: string;
  mode: Mode;
  status: PaymentStatus;
  provider: "bakong" | "baray" | "kess" | "bayopay";
  method: string;
  amount: Amount;
  currency: Currency;
  rate: Rate | null;
  /** The session's. Events from before a price could be paid in another currency lack it: what is paid is the price. */
  price_amount: Amount;
  price_currency: Currency;
  merchant_reference: string;
  provider_reference: string;
  metadata: Metadata;
  failure_code: string | null;
  failure_message: string | null;
  review: "late" | "duplicate" | "mismatch" | "claimed" | "contested" | "unknown" | null;
  review_decision: ReviewDecision | null;
  amount_refunded: RefundedAmount;
  proof: Proof | null;
  created_at: string;
  expires_at: string;
  closed_at: string | null;
}

export type RefundedAmount = string;

/** A decision. */
export interface ReviewDecide {
  decision: "accept" | "refunded" | "refuse";
  note?: string;
}

/** Who gave the money back, outside of any provider. */
export interface ByHandCreate {
  by: string;
  note?: string;
}

/** Who gave the money back, outside of any provider. */
export interface ByHand {
  by: string;
  note: string | null;
}

/** Money to give back. */
export interface RefundCreate {
  payment: string;
  amount?: Amount;
  currency?: Currency;
  reason: string;
  by_hand?: ByHandCreate;
}

export type RefundStatus = "pending" | "succeeded" | "failed";

/** Money given back. */
export interface Refund {
  id: string;
  object: "refund";
  mode: Mode;
  status: RefundStatus;
  payment: string;
  session: string;
  provider: string;
  amount: Amount;
  currency: Currency;
  merchant_reference: string;
  provider_reference: string | null;
  metadata: Metadata;
  reason: string;
  by_hand: ByHand | null;
  transaction_id: string | null;
  failure_code: string | null;
  created_at: string;
  closed_at: string | null;
  acknowledged_at: string | null;
  unresolved_at: string | null;
}

/** One thing that the buyer is asked; the answer becomes the session's metadata of that key. */
export interface CustomField {
  key: string;
  label: string;
  required: boolean;
  max_length: number;
}

/** One thing to ask the buyer. */
export interface CustomFieldCreate {
  key: string;
  label: string;
  required?: boolean;
  max_length?: number;
}

/** A link: `amount`, or both bounds. Without `success_url` or `cancel_url` buyers come back to the link's own page. */
export interface PaymentLinkCreate {
  amount?: Amount;
  amount_min?: Amount;
  amount_max?: Amount;
  currency: Currency;
  description: string;
  reference_prefix?: string;
  success_url?: ReturnURL;
  cancel_url?: ReturnURL;
  payment_methods?: PaymentMethod[];
  pay_currencies?: PayCurrency[] | null;
  locale?: Locale;
  max_uses?: number | null;
  expires_at?: string | null;
  custom_fields?: CustomFieldCreate[];
}

/** An address that opens a new session for whoever visits it. */
export interface PaymentLink {
  id: string;
  object: "payment_link";
  url: string;
  mode: Mode;
  active: boolean;
  amount: Amount | null;
  amount_min: Amount | null;
  amount_max: Amount | null;
  currency: Currency;
  description: string;
  reference_prefix: string;
  success_url: string | null;
  cancel_url: string | null;
  payment_methods: PaymentMethod[] | null;
  pay_currencies: PayCurrency[] | null;
  locale: Locale | null;
  max_uses: number | null;
  uses: number;
  expires_at: string | null;
  custom_fields: CustomField[];
  created_at: string;
}

export type EventType =
  | "checkout.session.completed"
  | "checkout.session.expired"
  | "checkout.session.canceled"
  | "payment.succeeded"
  | "payment.failed"
  | "payment.late"
  | "payment.duplicate"
  | "payment.mismatch"
  | "payment.unknown"
  | "payment.cleared"
  | "payment.claimed"
  | "payment.contested"
  | "refund.succeeded"
  | "refund.failed"
  | "refund.unresolved"
  | "events.digest"
  | "webhook.test";

export type EventFilter = Array<"*" | EventType>;

/** Where to send events. */
export interface WebhookEndpointCreate {
  url: string;
  events?: EventFilter;
  description?: string;
}

/** What to change. */
export interface WebhookEndpointUpdate {
  url?: string;
  events?: EventFilter;
  description?: string;
  disabled?: boolean;
}

/** Where events are sent. */
export interface WebhookEndpoint {
  id: string;
  object: "webhook_endpoint";
  mode: Mode;
  url: string;
  events: EventFilter;
  description: string | null;
  disabled: boolean;
  disabled_reason: "merchant" | "gone" | "failing" | null;
  failing_since: string | null;
  previous_secret_until: string | null;
  created_at: string;
}

/** Where events are sent, with its secret, shown this once. */
export interface WebhookEndpointWithSecret {
  id: string;
  object: "webhook_endpoint";
  mode: Mode;
  url: string;
  events: EventFilter;
  description: string | null;
  disabled: boolean;
  disabled_reason: "merchant" | "gone" | "failing" | null;
  failing_since: string | null;
  previous_secret_until: string | null;
  created_at: string;
  secret: string;
}

/** How to change over. */
export interface RotateSecret {
  overlap_seconds?: number;
}

/** A range of events, or what failed. */
export interface RedeliverMany {
  from?: string;
  to?: string;
  failed?: true;
}

/** What was queued. */
export interface Redelivery {
  object: "redelivery";
  queued: number;
}

export type DeliveryStatus = "pending" | "delivered" | "failed";

/** One try. */
export interface DeliveryAttempt {
  at: string;
  status: number | null;
  answer: string | null;
  error: string | null;
  took_ms: number;
  delivered: boolean;
}

/** One event on its way to one endpoint. */
export interface Delivery {
  id: string;
  object: "delivery";
  mode: Mode;
  endpoint: string;
  event: string;
  event_type: EventType;
  status: DeliveryStatus;
  attempts: DeliveryAttempt[];
  next_attempt_at: string | null;
  created_at: string;
}

/** What happened, as the feed has it: the webhook's body. */
export interface Event {
  object: "event";
  sequence: number;
  id: string;
  type: EventType;
  timestamp: string;
  mode: Mode;
  data: { object: Session | Payment | Refund | EventDigest | WebhookEndpoint };
}

/** The events from `first_sequence` to `last_sequence`: those after the last digest, up to the last one of the day. */
export interface EventDigest {
  object: "event_digest";
  date: string;
  count: number;
  first_sequence: number;
  last_sequence: number;
  ids_sha256: string;
}

/** A webhook's body. */
export interface SessionEventPayload {
  id: string;
  sequence: number;
  type: "checkout.session.completed" | "checkout.session.expired" | "checkout.session.canceled";
  timestamp: string;
  mode: Mode;
  data: { object: Session };
}

/** A webhook's body. */
export interface PaymentEventPayload {
  id: string;
  sequence: number;
  type: "payment.succeeded" | "payment.failed" | "payment.late" | "payment.duplicate" | "payment.mismatch" | "payment.unknown" | "payment.cleared" | "payment.claimed" | "payment.contested";
  timestamp: string;
  mode: Mode;
  data: { object: Payment };
}

/** A webhook's body. */
export interface RefundEventPayload {
  id: string;
  sequence: number;
  type: "refund.succeeded" | "refund.failed" | "refund.unresolved";
  timestamp: string;
  mode: Mode;
  data: { object: Refund };
}

/** A webhook's body. */
export interface DigestEventPayload {
  id: string;
  sequence: number;
  type: "events.digest";
  timestamp: string;
  mode: Mode;
  data: { object: EventDigest };
}

/** A webhook's body. */
export interface EndpointEventPayload {
  id: string;
  sequence: number;
  type: "webhook.test";
  timestamp: string;
  mode: Mode;
  data: { object: WebhookEndpoint };
}

export type ErrorCode =
  | "json_invalid"
  | "body_invalid"
  | "field_unknown"
  | "field_repeated"
  | "type_invalid"
  | "query_invalid"
  | "parameter_unknown"
  | "parameter_repeated"
  | "limit_invalid"
  | "cursor_invalid"
  | "cursors_conflict"
  | "after_sequence_invalid"
  | "status_invalid"
  | "session_invalid"
  | "review_invalid"
  | "created_from_invalid"
  | "created_to_invalid"
  | "active_invalid"
  | "text_too_long"
  | "text_invalid"
  | "amount_missing"
  | "amount_invalid"
  | "amount_conflict"
  | "amount_range_invalid"
  | "currency_missing"
  | "currency_invalid"
  | "reference_missing"
  | "url_missing"
  | "url_invalid"
  | "url_host_not_allowed"
  | "description_missing"
  | "name_missing"
  | "name_invalid"
  | "email_invalid"
  | "phone_invalid"
  | "customer_id_invalid"
  | "quantity_missing"
  | "quantity_invalid"
  | "line_items_invalid"
  | "payment_method_unknown"
  | "payment_method_unavailable"
  | "payment_methods_empty"
  | "locale_invalid"
  | "expires_in_invalid"
  | "expires_at_invalid"
  | "expires_conflict"
  | "metadata_invalid"
  | "decision_missing"
  | "decision_invalid"
  | "payment_missing"
  | "payment_invalid"
  | "reason_missing"
  | "by_missing"
  | "max_uses_invalid"
  | "field_key_missing"
  | "field_label_missing"
  | "custom_fields_invalid"
  | "events_invalid"
  | "overlap_seconds_invalid"
  | "range_invalid"
  | "idempotency_key_invalid"
  | "header_repeated"
  | "key_missing"
  | "key_invalid"
  | "key_expired"
  | "scope_missing"
  | "address_not_allowed"
  | "not_found"
  | "route_unknown"
  | "method_not_allowed"
  | "reference_in_use"
  | "session_closed"
  | "session_complete"
  | "decision_not_possible"
  | "transaction_reused"
  | "review_not_open"
  | "payment_not_succeeded"
  | "refund_too_large"
  | "refund_by_hand_only"
  | "endpoints_too_many"
  | "endpoint_disabled"
  | "idempotency_in_flight"
  | "body_too_large"
  | "content_type_invalid"
  | "idempotency_key_reused"
  | "overloaded"
  | "rate_limited"
  | "internal"
  | "database_busy"
  | "storage_full";

/** A webhook's event; `type` tells what `data.object` is. */
export type WebhookEvent = SessionEventPayload | PaymentEventPayload | RefundEventPayload | DigestEventPayload | EndpointEventPayload;

/** A page of a list. */
export interface List<T> {
  object: "list";
  data: T[];
  has_more: boolean;
}

/** Selects a page; give one of the cursors at most. */
export interface ListQuery {
  limit?: number;
  starting_after?: string;
  ending_before?: string;
}

/** What was created from created_from to before created_to. */
export interface CreatedQuery extends ListQuery { created_from?: string; created_to?: string }
export interface SessionQuery extends CreatedQuery { reference?: string; status?: SessionStatus }
export interface PaymentQuery extends CreatedQuery { session?: string; merchant_reference?: string; status?: PaymentStatus; review?: "open" }
export interface RefundQuery extends CreatedQuery { payment?: string; session?: string }
export interface PaymentLinkQuery extends ListQuery { active?: boolean }
export interface DeliveryQuery extends ListQuery { status?: DeliveryStatus }
export interface EventQuery { limit?: number; after_sequence?: number; type?: EventType }

export interface GetOptions {
  signal?: AbortSignal;
}

export interface PostOptions extends GetOptions {
  /** Made for the call unless given; give one to repeat the call later. */
  idempotencyKey?: string;
}

export interface RieltimeOptions {
  baseUrl: string;
  /** `sk_test_…` or `sk_live_…` */
  key: string;
  /** How often a request is sent at most; 4 unless given. */
  attempts?: number;
  /** Milliseconds that each attempt may take; 30000 unless given. */
  timeout?: number;
  fetch?: typeof fetch;
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Calls the API; every method is named after its operationId. Throws RieltimeError. */
export class Rieltime {
  constructor(options: RieltimeOptions);

  createSession(params: SessionCreate, options?: PostOptions): Promise<Session>;
  listSessions(query?: SessionQuery, options?: GetOptions): Promise<List<Session>>;
  getSession(session: string, options?: GetOptions): Promise<Session>;
  expireSession(session: string, options?: PostOptions): Promise<Session>;

  listPayments(query?: PaymentQuery, options?: GetOptions): Promise<List<Payment>>;
  getPayment(payment: string, options?: GetOptions): Promise<Payment>;
  reviewPayment(payment: string, params: ReviewDecide, options?: PostOptions): Promise<Payment>;

  createRefund(params: RefundCreate, options?: PostOptions): Promise<Refund>;
  listRefunds(query?: RefundQuery, options?: GetOptions): Promise<List<Refund>>;
  getRefund(refund: string, options?: GetOptions): Promise<Refund>;

  createPaymentLink(params: PaymentLinkCreate, options?: PostOptions): Promise<PaymentLink>;
  listPaymentLinks(query?: PaymentLinkQuery, options?: GetOptions): Promise<List<PaymentLink>>;
  getPaymentLink(link: string, options?: GetOptions): Promise<PaymentLink>;
  deactivatePaymentLink(link: string, options?: PostOptions): Promise<PaymentLink>;

  createWebhookEndpoint(params: WebhookEndpointCreate, options?: PostOptions): Promise<WebhookEndpointWithSecret>;
  listWebhookEndpoints(query?: ListQuery, options?: GetOptions): Promise<List<WebhookEndpoint>>;
  getWebhookEndpoint(endpoint: string, options?: GetOptions): Promise<WebhookEndpoint>;
  updateWebhookEndpoint(endpoint: string, params: WebhookEndpointUpdate, options?: PostOptions): Promise<WebhookEndpoint>;
  deleteWebhookEndpoint(endpoint: string, options?: GetOptions): Promise<void>;
  rotateWebhookSecret(endpoint: string, params?: RotateSecret, options?: PostOptions): Promise<WebhookEndpointWithSecret>;
  testWebhookEndpoint(endpoint: string, options?: PostOptions): Promise<Delivery>;
  redeliver(endpoint: string, params: RedeliverMany, options?: PostOptions): Promise<Redelivery>;
  listDeliveries(endpoint: string, query?: DeliveryQuery, options?: GetOptions): Promise<List<Delivery>>;
  redeliverOne(endpoint: string, delivery: string, options?: PostOptions): Promise<Delivery>;

  listEvents(query?: EventQuery, options?: GetOptions): Promise<List<Event>>;
  getEvent(event: string, options?: GetOptions): Promise<Event>;
}

/** What the API answered instead of 2xx. */
export class RieltimeError extends Error {
  readonly status: number;
  readonly code: ErrorCode | "";
  readonly param: string;
  /** Each field at fault, where several are. */
  readonly errors: { code: ErrorCode; param: string; detail: string }[];
  readonly requestId: string;
  /** Seconds; 0 when the server does not say. */
  readonly retryAfter: number;
}

/**
 * Goes through a list page by page: `for await (const session of all(q => client.listSessions(q), { status: "open" }))`.
 * With `ending_before` it goes to newer ones, the nearest first.
 */
export function all<T extends { object: string }, Q extends object>(list: (query: Q) => Promise<List<T>>, query?: Q): AsyncGenerator<T, void>;

/**
 * Verifies a webhook by Standard Webhooks 1.0 and gives its event; throws when
 * it is forged or older than five minutes. The body is the text as it arrived.
 */
export function verifyWebhook(
  secret: string,
  headers: Headers | Record<string, string | string[] | undefined>,
  body: string,
  now?: number,
): Promise<WebhookEvent>;

/**
 * Tells whether the ids, in the order of their events' `sequence`, are those of
 * a digest. If not, read the feed again after `first_sequence - 1`.
 */
export function digestMatches(digest: EventDigest, ids: readonly string[]): Promise<boolean>;
