import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { defineConfig } from "@playwright/test";

// Debian's browser, as of its package chromium-headless-shell; CHROMIUM=/path chooses another.
const browsers = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => ["chromium-headless-shell", "chromium", "chromium-browser"].map((name) => join(folder, name)));
const executablePath = process.env.CHROMIUM || browsers.find(isExecutable);

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export default defineConfig({
  testDir: "tests",
  workers: 1,
  timeout: 60_000,
  reporter: "list",
  use: { locale: "en-US", launchOptions: { executablePath, args: ["--no-sandbox"] } },
});
