// The kit as npm pack makes it, installed in a shop beside the shop's own Playwright.
import { expect, test } from "@playwright/test";
import { installPacked } from "../../../integrations/testing/install.js";

test("the packed kit brings Rieltime's client, and uses the shop's Playwright", async () => {
  const after = [];
  try {
    const project = await installPacked({ after: (clean) => after.push(clean) }, new URL("..", import.meta.url), "@playwright/test");
    expect(project.frameworkOfPlugin).toBe(project.framework);
    expect(project.plugin.openKit).toBeInstanceOf(Function);
  } finally {
    for (const clean of after) clean();
  }
});
