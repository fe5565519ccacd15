// Starts WordPress with the plugin in a folder that is thrown away: Debian's packages, unpacked
// by .ci/integrations into .tools/wordpress, a MariaDB of its own, and PHP's own web server.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts, start, until } from "../../testing/demo.js";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "../../../.tools/wordpress");

export async function startSite() {
  const folder = mkdtempSync(join(tmpdir(), "rieltime-wordpress-"));
  const programs = [];
  const stop = async () => {
    for (const program of programs.reverse()) await program.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [port] = await freePorts(1);
    const site = `http://127.0.0.1:${port}`;
    programs.push(startDatabase(folder));
    await until("MariaDB answers", () => createDatabase(folder), programs[0]);
    const root = install(folder, site);
    programs.push(start("php", ["-d", "opcache.enable_cli=1", "-S", `127.0.0.1:${port}`, "-t", root], { env: { ...process.env, PHP_CLI_SERVER_WORKERS: "6" } }));
    await until("WordPress answers", async () => (await fetch(site)).ok, programs[1]);
    return siteAt(site, root, folder, programs[1].log, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function siteAt(site, root, folder, log, stop) {
  return {
    url: site,
    log,
    /** Runs PHP inside WordPress and returns what it prints. */
    run: (code) => execFileSync("php", ["-r", `require '${root}/wp-load.php'; ${code}`], { encoding: "utf8" }),
    /** The references for which the plugin said that money came, once each time it said so. */
    paid: () => existsSync(join(folder, "paid")) ? readFileSync(join(folder, "paid"), "utf8").trim().split("\n") : [],
    stop,
  };
}

function startDatabase(folder) {
  const data = join(folder, "database"), socket = join(folder, "socket");
  const user = `--user=${userInfo().username}`;
  execFileSync("mariadb-install-db", ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db", user], { stdio: "pipe" });
  return start("mariadbd", ["--no-defaults", `--datadir=${data}`, `--socket=${socket}`, `--pid-file=${join(folder, "pid")}`, "--skip-networking", "--innodb-flush-log-at-trx-commit=0", user], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
}

function createDatabase(folder) {
  execFileSync("php", ["-r", `(new mysqli('localhost', 'root', '', '', 0, '${folder}/socket'))->query('CREATE DATABASE IF NOT EXISTS wordpress') || exit(1);`], { stdio: "pipe" });
  return true;
}

/** Lays out WordPress, installs it and activates the plugin, as the zip holds it. */
function install(folder, site) {
  cpSync(join(packages, "usr/share"), join(folder, "share"), { recursive: true, verbatimSymlinks: true });
  const root = join(folder, "share/wordpress");
  execFileSync(join(here, "../build"), [join(root, "wp-content/plugins/rieltime")]);

  writeFileSync(join(root, "wp-config.php"), `<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', ''); define('DB_HOST', 'localhost:${folder}/socket'); define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', '${site}'); define('WP_SITEURL', '${site}'); define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $key) { define($key, "$key of a test"); }
define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', true);
$table_prefix = 'wp_';
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
`);
  mkdirSync(join(root, "wp-content/mu-plugins"), { recursive: true });
  writeFileSync(join(root, "wp-content/mu-plugins/paid.php"), `<?php
add_action('rieltime_paid', static fn (string $reference) => file_put_contents('${folder}/paid', "$reference\\n", FILE_APPEND | LOCK_EX));
`);
  execFileSync("php", ["-r", `define('WP_INSTALLING', true); $_SERVER['HTTP_HOST'] = '${new URL(site).host}'; require '${root}/wp-load.php'; require ABSPATH . 'wp-admin/includes/upgrade.php';
    function wp_mail() { return true; }
    wp_install('Coffee House', 'admin', 'admin@shop.example', true, '', 'a password of a test');`], { stdio: "pipe" });
  execFileSync("php", ["-r", `require '${root}/wp-load.php'; require ABSPATH . 'wp-admin/includes/plugin.php';
    $error = activate_plugin('rieltime/rieltime.php'); exit((int) is_wp_error($error));`], { stdio: "pipe" });
  return root;
}
