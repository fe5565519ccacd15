// The client's types: it is ES modules, which CommonJS can only name this way.
export type { Currency, Rieltime, Session, WebhookEvent } from 'rieltime' with { 'resolution-mode': 'import' };
export type { Expected, Outcome } from 'rieltime/shop' with { 'resolution-mode': 'import' };
