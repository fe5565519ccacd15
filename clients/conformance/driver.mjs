// Makes calls of the TypeScript client: reads one as a line of JSON and prints what came
// of it, until its input ends. See ../drivers_test.go.
import { createInterface } from "node:readline";
import { Rieltime, RieltimeError, all, digestMatches, verifyWebhook } from "../typescript/rieltime.js";

const client = new Rieltime({ baseUrl: process.env.RIELTIME_URL, key: process.env.RIELTIME_KEY, timeout: process.env.RIELTIME_TIMEOUT * 1000 });
const ofWebhook = new Set(["verifyWebhook", "checkSignature"]);

async function call({ call, ids, params, key, all: every }) {
  if (ofWebhook.has(call)) return verifyWebhook(params.secret, new Headers(params.headers), params.body, params.now);
  if (call === "digestMatches") return digestMatches(params.digest, params.ids);
  if (every) return collect(all((query) => client[call](...(ids ?? []), query), params ?? {}));
  const args = [...(ids ?? [])];
  if (params) args.push(params);
  if (key) args.push({ idempotencyKey: key });
  return client[call](...args);
}

async function collect(elements) {
  const found = [];
  for await (const element of elements) found.push(element);
  return found;
}

function failure(asked, error) {
  if (error instanceof RieltimeError) {
    const { status, code, param, requestId, retryAfter, errors } = error;
    return { kind: "api", status, code, param, detail: error.message, request_id: requestId, retry_after: retryAfter, errors };
  }
  const detail = String(error);
  if (ofWebhook.has(asked.call)) return { kind: "webhook", detail };
  return { kind: error instanceof SyntaxError ? "unexpected" : error instanceof TypeError || error.name === "TimeoutError" ? "no_answer" : "other", detail };
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let said;
  try {
    said = { result: (await call(asked)) ?? null };
  } catch (error) {
    said = { error: failure(asked, error) };
  }
  console.log(JSON.stringify(said));
}
