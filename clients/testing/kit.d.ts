// Types of the kit, by hand after kit.js and checkout.js. Times are milliseconds.
import type { EventType, Payment, Rieltime, WebhookEvent, Session, SessionCreate } from "rieltime";

/** A way to pay: a short name, or any method's id in the API. */
export type Method = "khqr" | "aba" | "acleda" | "wing" | "wechat" | "alipay" | "card" | "baray" | "bayopay" | (string & {});

export type Provider = "bakong" | "baray" | "kess" | "bayopay";

export interface KitOptions {
  /** Path of rieltime; RIELTIME_BIN, or the one in PATH, unless it is given. */
  binary?: string;
  /** More flags of `rieltime demo`. */
  args?: string[];
  /** Where the shop takes webhooks. */
  webhookUrl?: string;
}

export interface Addresses {
  url: string;
  key: string;
  shop: string;
  control: string;
  simulators: Record<Provider, string>;
  webhooks: string;
  webhookSecret: string;
}

export interface ReceivedWebhook {
  index: number;
  event: WebhookEvent;
  /** The signature is right. */
  valid: boolean;
  /** Lost by dropWebhooks. */
  dropped: boolean;
  /** What the shop answered: a status for each time that it was passed on. */
  passed_on: number[];
}

export interface WebhookWait {
  session?: string;
  timeout?: number;
}

/** The variable that tells a test of a kit which another process has started. */
export const VARIABLE: "RIELTIME_TESTING";

/** Starts a server with simulators of the providers, and a merchant. */
export function startKit(options?: KitOptions): Promise<Kit>;

/** Attaches to the kit that RIELTIME_TESTING names, or starts one. */
export function openKit(options?: KitOptions): Promise<Kit>;

export class Kit {
  constructor(addresses: Addresses);
  readonly addresses: Addresses;
  readonly url: string;
  readonly key: string;
  readonly webhookSecret: string;
  readonly client: Rieltime;
  /** The environment of the shop under test. */
  readonly env: Record<string, string>;

  /** A session to be paid; 2.50 USD unless params say otherwise. */
  createSession(params?: Partial<SessionCreate>): Promise<Session>;
  /** A buyer without a browser, at a session given by its id, its address or itself. */
  checkout(session: Session | string): Checkout;

  /** Waits for the next webhook and gives its event; each is given once. */
  nextWebhook(type?: EventType, options?: WebhookWait): Promise<WebhookEvent>;
  webhooks(): Promise<ReceivedWebhook[]>;
  /** Loses the next webhooks: the server sends each again, after five seconds at first. */
  dropWebhooks(count?: number): Promise<void>;
  /** Passes each webhook on to the shop twice, or more often. */
  repeatWebhooks(times?: number): Promise<void>;

  /** Cuts every connection to a provider, or to all of them. */
  providerDown(provider?: Provider): Promise<void>;
  providerUp(provider?: Provider): Promise<void>;
  /** Ends what providerDown, dropWebhooks and repeatWebhooks began. */
  reset(): Promise<void>;

  /** Moves the time of the checkout and of the simulators on; it never goes back. */
  advance(milliseconds: number): Promise<Date>;
  now(): Promise<Date>;

  /** What each provider received, sent and was paid. */
  ledgers(): Promise<Record<Provider, unknown>>;
  /** Decides a payment at its provider. */
  decide(payment: Payment, decision: { outcome: "paid" | "failed"; amount?: string; qr?: string }): Promise<void>;
  /** What the server has printed; empty when another process has started it. */
  log(): string;
  stop(): Promise<void>;
}

/** A buyer at the checkout of one session. */
export class Checkout {
  constructor(kit: Kit, session?: string);
  readonly kit: Kit;
  readonly session: string;
  readonly url: string;

  /** Chooses a way to pay and gives the payment that began. */
  start(method?: Method): Promise<Payment>;
  /** The provider takes the money of the newest payment. */
  pay(): Promise<void>;
  /** Starts, pays and waits until the session is complete. */
  payWith(method: Method): Promise<Session>;
  /** The provider declines the newest payment, or one that it starts. */
  decline(method?: Method): Promise<Payment>;
  /** Money arrives after the session has expired. */
  payLate(method?: Method): Promise<Payment>;
  /** Another amount than asked arrives, by default a cent or a riel less. Baray has no such payments. */
  payWrongAmount(amount?: string, method?: Method): Promise<Payment>;
  /** Moves the clock until the session has expired. */
  expire(): Promise<Session>;

  payment(): Promise<Payment>;
  payments(): Promise<Payment[]>;
  read(): Promise<Session>;
  /** The text of the QR code that the page shows; empty when it shows none. */
  qr(): Promise<string>;
  nextWebhook(type?: EventType, options?: { timeout?: number }): Promise<WebhookEvent>;
  waitForSession(status: Session["status"], timeout?: number): Promise<Session>;
}
