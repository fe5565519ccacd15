// Starts a Vendure shop that sells one thing, on the PostgreSQL server of .ci/postgres, with a
// storefront of one page: the one to which buyers return.

import { bootstrap, DefaultLogger, LogLevel } from "@vendure/core";
import { populate } from "@vendure/core/cli/index.js";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vendurePlugin from "../dist/index.js";

process.env.VENDURE_DISABLE_TELEMETRY = "true"; // tests call this machine alone

const { RieltimePlugin } = vendurePlugin;

const products = `name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets
Krama,krama,A scarf,,,,,K1,12.50,standard,1000,false,,
`;

const initialData = {
  defaultLanguage: "en",
  defaultZone: "Asia",
  countries: [{ name: "Cambodia", code: "KH", zone: "Asia" }],
  taxRates: [{ name: "Standard", percentage: 0 }],
  shippingMethods: [{ name: "Pickup", price: 0 }],
  paymentMethods: [{ name: "Rieltime", handler: { code: "rieltime", arguments: [] } }],
  collections: [],
};

/** Starts the shop at a free address, to which the demo passes its webhooks on. */
export async function startShop(demo, url) {
  const host = process.env.RIELTIME_TEST_POSTGRES?.split("host=")[1];
  if (!host) throw new Error("RIELTIME_TEST_POSTGRES names no server: run it by .ci/postgres run");
  const storefront = await startStorefront(url);
  const options = { url: demo.url, key: demo.key, webhookSecret: demo.webhookSecret, successUrl: `${storefront.url}/thanks`, cancelUrl: `${storefront.url}/cart` };

  const folder = mkdtempSync(join(tmpdir(), "rieltime-vendure-"));
  writeFileSync(join(folder, "products.csv"), products);
  const config = {
    logger: new DefaultLogger({ level: LogLevel.Warn }),
    apiOptions: { port: Number(new URL(url).port), hostname: "127.0.0.1", adminApiPath: "admin-api", shopApiPath: "shop-api" },
    authOptions: { tokenMethod: ["bearer"], superadminCredentials: { identifier: "admin", password: "a password of a test" }, requireVerification: false },
    dbConnectionOptions: { type: "postgres", host, username: "rieltime", database: "postgres", synchronize: true, logging: false },
    paymentOptions: { paymentMethodHandlers: [] },
    importExportOptions: { importAssetsDir: folder },
    plugins: [RieltimePlugin.init(options)],
  };
  const app = await populate(() => bootstrap(config), initialData, join(folder, "products.csv"));
  rmSync(folder, { recursive: true });
  return {
    url, app, options,
    stop: async () => {
      await app.close();
      storefront.stop();
    },
  };
}

/** The page asks the shop what became of the payment, as a storefront does. */
async function startStorefront(shop) {
  const server = createServer(async (request, response) => {
    const session = new URL(request.url, "http://storefront").searchParams.get("session_id");
    let text = "cart";
    if (session) {
      const client = new ShopClient(shop);
      text = (await client.call("mutation ($session: String!) { checkRieltimePayment(session: $session) }", { session })).checkRieltimePayment;
    }
    response.setHeader("content-type", "text/html").end(`<!doctype html><title>Krama House</title><h1>${text}</h1>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

/** A buyer, or an administrator, of one of Vendure's two APIs. */
export class ShopClient {
  #address; #token = "";

  constructor(shop, api = "shop-api") {
    this.#address = `${shop}/${api}`;
  }

  async call(query, variables = {}) {
    const response = await fetch(this.#address, {
      method: "POST",
      headers: { "content-type": "application/json", ...(this.#token && { authorization: `Bearer ${this.#token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    this.#token = response.headers.get("vendure-auth-token") ?? this.#token;
    const { data, errors } = await response.json();
    if (errors) throw new Error(errors.map((error) => error.message).join("\n"));
    return data;
  }
}
