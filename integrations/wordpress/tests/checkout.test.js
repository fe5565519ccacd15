// The payment method in WooCommerce's checkout block, in a stand-in of the browser's globals.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const script = readFileSync(new URL("../rieltime/blocks/checkout.js", import.meta.url), "utf8");
const gateway = readFileSync(new URL("../rieltime/src/WooCommerce/Gateway.php", import.meta.url), "utf8");

/** Runs the script and returns the methods that it registers. */
function register(data) {
  const methods = [];
  const window = {
    wc: {
      wcBlocksRegistry: { registerPaymentMethod: (method) => methods.push(method) },
      wcSettings: { getSetting: (name, otherwise) => name === "rieltime_data" ? data ?? otherwise : otherwise },
    },
    wp: {
      element: { createElement: (type, props) => ({ type, props }) },
      htmlEntities: { decodeEntities: (text) => text.replaceAll("&amp;", "&") },
    },
  };
  runInNewContext(script, { window });
  return methods;
}

test("the block has the gateway's method, with its title, text and features", () => {
  const [method, ...others] = register({ title: "KHQR &amp; cards", description: "You go to our bank page.", supports: ["products", "refunds"] });
  assert.equal(others.length, 0);
  assert.equal(method.name, gateway.match(/const ID = '(\w+)'/)[1]);
  assert.equal(method.label, "KHQR & cards");
  assert.equal(method.content.type(), "You go to our bank page.");
  assert.equal(method.canMakePayment(), true);
  assert.deepEqual([...method.supports.features], ["products", "refunds"]);
});

test("the block keeps the method when its data is missing", () => {
  const [method] = register(undefined);
  assert.equal(method.label, "Rieltime");
  assert.ok(method.edit && method.content && method.ariaLabel);
});
