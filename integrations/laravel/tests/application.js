// Makes a Laravel application with the sample, by the commands of the README: Debian's Laravel,
// SQLite, and PHP's own web server.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, until } from "../../testing/demo.js";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const variables = /^(APP_|RIELTIME_)/; // of whoever runs the tests

export async function startApplication(url, kit) {
  const folder = mkdtempSync(join(tmpdir(), "rieltime-laravel-"));
  symlinkSync(repository, join(folder, "rieltime"));
  const shop = join(folder, "shop");
  cpSync(fileURLToPath(new URL("application", import.meta.url)), shop, { recursive: true });
  for (const empty of ["bootstrap/cache", "database", "storage/logs", "storage/framework/cache", "storage/framework/sessions", "storage/framework/views"]) mkdirSync(join(shop, empty), { recursive: true });
  writeFileSync(join(shop, ".env"), `APP_KEY=base64:${randomBytes(32).toString("base64")}\nAPP_URL=${url}\n`);
  writeFileSync(join(shop, "database/database.sqlite"), "");

  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !variables.test(name)));
  const run = (...command) => execFileSync(...command, { cwd: shop, stdio: "pipe", encoding: "utf8", env: {
    ...env, COMPOSER_HOME: join(folder, "composer"), COMPOSER_ALLOW_SUPERUSER: "1", COMPOSER_NO_INTERACTION: "1", COMPOSER_NO_AUDIT: "1",
  } });
  // What the README says: the commands, then a line in each of two files.
  run("bash", ["-e", "-c", readme.match(/```sh\n(composer [^`]*)```/)[1]]);
  writeFileSync(join(shop, "bootstrap/providers.php"), "<?php return [App\\Providers\\RieltimeServiceProvider::class];\n");
  appendFileSync(join(shop, ".env"), `RIELTIME_URL=${kit.url}\nRIELTIME_KEY=${kit.key}\nRIELTIME_WEBHOOK_SECRET=${kit.webhookSecret}\n`);

  const server = start("php", ["-S", new URL(url).host, "-t", "public", "public/index.php"], { cwd: shop, env: { ...env, PHP_CLI_SERVER_WORKERS: "6" } });
  const log = join(shop, "storage/logs/laravel.log");
  const application = {
    url,
    artisan: (...args) => run("php", ["artisan", ...args]),
    log: () => existsSync(log) ? readFileSync(log, "utf8") : "",
    /** How often an order was fulfilled. */
    fulfilled: (reference) => application.log().split(`fulfil ${reference}`).length - 1,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
  try {
    await until("Laravel answers", async () => (await fetch(`${url}/coffee`)).ok, server);
  } catch (error) {
    const said = application.log();
    await application.stop();
    throw new Error(`${error.message}\n${said}`);
  }
  return application;
}
