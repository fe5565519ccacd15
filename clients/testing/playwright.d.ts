import type { Expect, Page, PlaywrightTestArgs, PlaywrightTestOptions, PlaywrightWorkerArgs, PlaywrightWorkerOptions, TestType } from "@playwright/test";
import type { Session } from "rieltime";
import type { Checkout, Kit, KitOptions } from "./kit.js";

/** A buyer in a page, which the shop or open() has brought to the checkout. */
export class BrowserCheckout extends Checkout {
  constructor(kit: Kit, page: Page);
  readonly page: Page;
  /** Opens a session that the test has made. */
  open(session: Session): Promise<void>;
  /** Waits until the shop has brought the buyer to the checkout, and gives the session's id. */
  arrive(): Promise<string>;
}

export interface RieltimeFixtures {
  /** The buyer in the test's page. */
  checkout: BrowserCheckout;
}

export interface RieltimeWorkerFixtures {
  /** Of a server that each worker starts, unless the tests run in `rieltime-testing run`. */
  rieltimeOptions: KitOptions;
  rieltime: Kit;
}

export const test: TestType<PlaywrightTestArgs & PlaywrightTestOptions & RieltimeFixtures, PlaywrightWorkerArgs & PlaywrightWorkerOptions & RieltimeWorkerFixtures>;

interface Patience {
  /** Milliseconds; 0 looks once. */
  timeout?: number;
}

export const expect: Expect<{
  /** The session is complete, and a payment of its whole amount has succeeded. */
  toBePaid(checkout: Checkout, options?: Patience): Promise<{ pass: boolean; message: () => string }>;
  toBeExpired(checkout: Checkout, options?: Patience): Promise<{ pass: boolean; message: () => string }>;
  /** Money came that does not fit. */
  toNeedReview(checkout: Checkout, kind: "late" | "duplicate" | "mismatch" | "claimed" | "contested" | "unknown", options?: Patience): Promise<{ pass: boolean; message: () => string }>;
}>;
