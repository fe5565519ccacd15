// Starts a whole Medusa server with the provider, on the PostgreSQL server of .ci/postgres, and
// fills it with a shop that sells one thing in Cambodia. Only the admin's pages are left out.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { start, until } from "../../testing/demo.js";

const provider = fileURLToPath(new URL("..", import.meta.url));
const patience = 180_000; // milliseconds, for a server that starts beside other work
const owner = { email: "owner@shop.example", password: "a password of a test" };

export async function startShop(url, options) {
  const host = process.env.RIELTIME_TEST_POSTGRES?.split("host=")[1];
  if (!host) throw new Error("RIELTIME_TEST_POSTGRES names no server: run it by .ci/postgres run");
  const database = new pg.Client({ host, user: "rieltime", database: "postgres" });
  await database.connect();
  await database.query("CREATE DATABASE shop");
  await database.end();

  const folder = mkdtempSync(join(tmpdir(), "rieltime-medusa-"));
  symlinkSync(join(provider, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "shop", private: true, dependencies: { "@medusajs/medusa": "*" } }));
  writeFileSync(join(folder, "medusa-config.js"), configuration(host, options));
  const env = { ...process.env, MEDUSA_DISABLE_TELEMETRY: "1", NODE_ENV: "development", PORT: new URL(url).port };
  const medusa = (...args) => execFileSync("node_modules/.bin/medusa", args, { cwd: folder, env, stdio: "pipe" });
  medusa("db:migrate");
  medusa("user", "-e", owner.email, "-p", owner.password);

  const server = start("node_modules/.bin/medusa", ["start"], { cwd: folder, env });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  };
  try {
    await until("Medusa is healthy", async () => (await fetch(`${url}/health`)).ok, server, patience);
    return { ...await fill(url), url, log: server.log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As the README has it, and with a short delay of webhooks, so that they race with the buyer. */
const configuration = (host, options) => `
const { defineConfig } = require("@medusajs/framework/utils");
module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: "postgres://rieltime@localhost/shop?host=${host}",
    databaseDriverOptions: { connection: { host: "${host}", ssl: false } },
    http: { storeCors: "*", adminCors: "*", authCors: "*", jwtSecret: "of a test", cookieSecret: "of a test" },
  },
  modules: [{
    resolve: "@medusajs/medusa/payment",
    options: { webhook_delay: 100, providers: [{ resolve: ${JSON.stringify(provider)}, id: "rieltime", options: ${JSON.stringify(options)} }] },
  }],
});
`;

/** Calls one of Medusa's two APIs; with a body it posts. */
function caller(url, headers) {
  return async (path, body) => {
    const response = await fetch(url + path, {
      method: body ? "POST" : "GET", body: body && JSON.stringify(body), headers: { "content-type": "application/json", connection: "close", ...headers },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
}

/** What an owner sets up in the admin: a region, a way to ship, a product, and a key of the storefront. */
async function fill(url) {
  const { token } = await caller(url)("/auth/user/emailpass", owner);
  const admin = caller(url, { authorization: `Bearer ${token}` });
  const { region } = await admin("/admin/regions", { name: "Cambodia", currency_code: "usd", countries: ["kh"], payment_providers: ["pp_rieltime_rieltime"] });
  const { sales_channels: [channel] } = await admin("/admin/sales-channels");
  const { shipping_profiles: [profile] } = await admin("/admin/shipping-profiles");
  const shipping = await addShipping(admin, channel, profile);
  const { product } = await admin("/admin/products", {
    title: "Krama", status: "published", shipping_profile_id: profile.id, sales_channels: [{ id: channel.id }], options: [{ title: "Colour", values: ["Red"] }],
    variants: [{ title: "Red", options: { Colour: "Red" }, manage_inventory: false, prices: [{ currency_code: "usd", amount: 12.5 }] }],
  });
  const { api_key: key } = await admin("/admin/api-keys", { title: "Storefront", type: "publishable" });
  await admin(`/admin/api-keys/${key.id}/sales-channels`, { add: [channel.id] });
  return { admin, store: caller(url, { "x-publishable-api-key": key.token }), region, channel, shipping, variant: product.variants[0] };
}

async function addShipping(admin, channel, profile) {
  const { stock_location: place } = await admin("/admin/stock-locations", { name: "Phnom Penh" });
  const at = `/admin/stock-locations/${place.id}`;
  await admin(`${at}/sales-channels`, { add: [channel.id] });
  await admin(`${at}/fulfillment-providers`, { add: ["manual_manual"] });
  const { stock_location: { fulfillment_sets: [set] } } = await admin(`${at}/fulfillment-sets?fields=*fulfillment_sets`, { name: "Delivery", type: "shipping" });
  const { fulfillment_set: { service_zones: [zone] } } = await admin(`/admin/fulfillment-sets/${set.id}/service-zones?fields=*service_zones`, {
    name: "Cambodia", geo_zones: [{ type: "country", country_code: "kh" }],
  });
  const { shipping_option: option } = await admin("/admin/shipping-options", {
    name: "Moto", service_zone_id: zone.id, shipping_profile_id: profile.id, provider_id: "manual_manual", price_type: "flat", type: { label: "Moto", description: "Today", code: "moto" },
    prices: [{ currency_code: "usd", amount: 1 }], rules: [{ attribute: "enabled_in_store", operator: "eq", value: "true" }, { attribute: "is_return", operator: "eq", value: "false" }],
  });
  return option;
}
