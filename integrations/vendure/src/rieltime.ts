// The client's types: it is an ES module, which CommonJS can only name this way.
export type { Currency, Refund, Rieltime, Session, WebhookEvent } from 'rieltime' with { 'resolution-mode': 'import' };
