// Receives the merchant's webhooks, keeps them and passes them on to the shop. On their way
// they may be lost or repeated, as happens to webhooks.
import { createServer } from "node:http";
import { verifyWebhook } from "rieltime";

const passOnTimeout = 30_000;

/**
 * Starts a receiver. Webhooks are posted to its /; a test speaks to:
 *
 *   GET  /control/webhooks  what was received: event, valid, dropped, passed_on (the shop's statuses)
 *   POST /control/secret    {"secret"}: of the endpoint, to verify them
 *   POST /control/rules     {"drop": 2}: lose so many; {"repeat": 1}: pass each on so often again
 */
export async function startReceiver({ webhookUrl = "" } = {}) {
  const received = [];
  let secret = "", rules = { drop: 0, repeat: 0 };

  const receive = async (request, body) => {
    const one = { event: parsed(body), valid: await valid(secret, request.headers, body), dropped: rules.drop > 0, passed_on: [] };
    if (one.dropped) rules.drop--;

    const copies = one.dropped || !webhookUrl ? 0 : 1 + rules.repeat;
    for (let n = 0; n < copies; n++) one.passed_on.push(await passOn(webhookUrl, request.headers, body));
    received.push(one); // only now: the shop has what a test finds here
    return one.dropped ? 503 : one.passed_on.at(-1) ?? 204; // after a 503 the server tries again
  };

  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    switch (`${request.method} ${request.url}`) {
      case "GET /control/webhooks":
        return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(received));
      case "POST /control/secret":
        secret = JSON.parse(body).secret;
        return response.writeHead(204).end();
      case "POST /control/rules":
        rules = { drop: 0, repeat: 0, ...JSON.parse(body) };
        return response.writeHead(204).end();
      case "POST /":
        return response.writeHead(await receive(request, body)).end();
    }
    response.writeHead(404).end();
  });
  server.keepAliveTimeout = 600_000; // else a webhook may meet a connection that is being closed
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

  const stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

async function valid(secret, headers, body) {
  try {
    await verifyWebhook(secret, headers, body);
    return true;
  } catch {
    return false;
  }
}

// The shop's status; 503 when it does not answer.
async function passOn(url, headers, body) {
  const kept = Object.entries(headers).filter(([name]) => name.startsWith("webhook-") || name === "content-type");
  try {
    const answer = await fetch(url, { method: "POST", headers: Object.fromEntries(kept), body, redirect: "manual", signal: AbortSignal.timeout(passOnTimeout) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 503;
  }
}
