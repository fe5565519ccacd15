// Starts Medusa's own payment module with the provider, on the PostgreSQL server of
// .ci/postgres, and the route of its webhooks.

import modules from "@medusajs/framework/modules-sdk";
import utils from "@medusajs/framework/utils";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const provider = fileURLToPath(new URL("..", import.meta.url));

export async function startPayments(options, logger) {
  const folder = process.env.RIELTIME_TEST_POSTGRES?.split("host=")[1];
  if (!folder) throw new Error("RIELTIME_TEST_POSTGRES names no server: run it by .ci/postgres run");
  const database = { clientUrl: `postgres://rieltime@localhost/postgres?host=${folder}`, driverOptions: { connection: { host: folder, ssl: false } } };
  const connection = utils.createPgConnection(database);
  const settings = {
    sharedResourcesConfig: { database },
    modulesConfig: { payment: { resolve: "@medusajs/payment", options: { providers: [{ resolve: provider, id: "rieltime", options }] } } },
    injectedDependencies: { [utils.ContainerRegistrationKeys.PG_CONNECTION]: connection, logger },
  };
  try {
    await modules.MedusaAppMigrateUp(settings);
    const app = await modules.MedusaApp(settings);
    await app.onApplicationStart();
    return {
      payments: app.modules.payment,
      stop: async () => {
        await app.onApplicationPrepareShutdown();
        await app.onApplicationShutdown();
        await connection.destroy();
      },
    };
  } catch (error) {
    await connection.destroy();
    throw error;
  }
}

/**
 * What Medusa's route and subscriber of webhooks do: they answer first, then act on what the
 * provider says. https://docs.medusajs.com/resources/commerce-modules/payment/webhook-events
 */
export async function startWebhookRoute() {
  const route = { payments: null, actions: [], working: 0 };
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    response.writeHead(200).end();
    await receive(route, { rawData: Buffer.concat(pieces), headers: request.headers });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  route.url = `http://127.0.0.1:${server.address().port}`;
  route.stop = () => { server.closeAllConnections(); server.close(); };
  return route;
}

async function receive(route, payload) {
  route.working++;
  try {
    const { action, data } = await route.payments.getWebhookActionAndData({ provider: "rieltime_rieltime", payload });
    route.actions.push({ action, session: data?.session_id });
    if (action === "captured") await route.payments.authorizePaymentSession(data.session_id, {});
  } catch (error) {
    route.actions.push({ error: String(error) }); // Medusa logs it
  } finally {
    route.working--;
  }
}

/** Forwards to a server; loses the answers to what losing names. */
export async function startProxy(target) {
  const proxy = { losing: null };
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    try {
      const answer = await fetch(target + request.url, { method: request.method, headers, body: pieces.length ? Buffer.concat(pieces) : undefined });
      const text = await answer.text();
      if (proxy.losing?.test(`${request.method} ${request.url}`)) { response.destroy(); return; }
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") }).end(text);
    } catch {
      response.destroy(); // the server is not there: a webhook is worked on after the last test
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  proxy.stop = () => { server.closeAllConnections(); server.close(); };
  return proxy;
}
