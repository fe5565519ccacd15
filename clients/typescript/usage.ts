// What the types must allow and refuse; checked by tsc, never run.
import { Rieltime, RieltimeError, all, digestMatches, verifyWebhook, type Session } from "./rieltime.js";

const client = new Rieltime({ baseUrl: "https://pay.example", key: "sk_test_1" });

export async function buy(): Promise<string> {
  const session = await client.createSession({
    amount: "12.50", currency: "USD", reference: "ORDER-1001",
    success_url: "https://shop.example/thanks", cancel_url: "https://shop.example/cart",
  }, { idempotencyKey: "order-1001" });
  return session.url;
}

export async function open(): Promise<Session[]> {
  const found: Session[] = [];
  for await (const session of all(q => client.listSessions(q), { status: "open" as const })) found.push(session);
  return found;
}

export async function hear(headers: Headers, body: string): Promise<string> {
  const event = await verifyWebhook("whsec_", headers, body);
  switch (event.type) {
    case "checkout.session.completed": return event.data.object.reference;
    case "payment.late": return event.data.object.proof?.transaction_id ?? "";
    case "refund.failed": return event.data.object.failure_code ?? event.data.object.merchant_reference;
    case "events.digest": return await digestMatches(event.data.object, ["evt_1"]) ? "" : event.data.object.date;
    default: return "";
  }
}

export async function refused(): Promise<boolean> {
  try {
    // @ts-expect-error amounts are text
    await client.createRefund({ payment: "pay_1", amount: 1.5, reason: "cold" });
    // @ts-expect-error there is no such currency
    await client.createPaymentLink({ currency: "EUR", amount: "5.00", description: "Class" });
  } catch (error) {
    return error instanceof RieltimeError && error.code === "amount_invalid";
  }
  return false;
}
