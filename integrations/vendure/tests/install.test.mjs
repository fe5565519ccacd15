// The package as npm pack makes it, installed in a project beside the project's own framework.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installPacked } from "../../testing/install.js";

test("the packed plugin brings Rieltime's client, and uses the project's framework", async (t) => {
  const project = await installPacked(t, new URL("..", import.meta.url), "@vendure/core");
  assert.equal(project.frameworkOfPlugin, project.framework);
  assert.ok(project.plugin.RieltimePlugin, "the plugin is not exported");
  const { Rieltime } = await import(project.client);
  assert.equal(typeof Rieltime, "function");
});
