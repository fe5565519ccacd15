// Packs a plugin or kit and installs it in a new project, as its README says.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Installs the plugin of a folder in a project that lasts as long as a test. The project has
 * the framework that the plugin was built with, of which a module is named, and needs nothing else from a registry.
 */
export async function installPacked(t, plugin, framework) {
  const project = mkdtempSync(join(tmpdir(), "rieltime-project-"));
  t.after(() => rmSync(project, { recursive: true, force: true }));
  const packed = JSON.parse(npm(fileURLToPath(plugin), "pack", "--json", "--pack-destination", project));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true }));
  npm(project, "install", "--offline", "--no-audit", "--no-fund", "--legacy-peer-deps", `./${packed[0].filename}`);

  // What the project has of its own, its framework among it.
  const modules = fileURLToPath(new URL("node_modules", plugin));
  for (const name of readdirSync(modules)) {
    if (!name.startsWith(".") && name !== "rieltime") symlinkSync(join(modules, name), join(project, "node_modules", name));
  }
  const require = createRequire(join(project, "package.json"));
  const installed = createRequire(require.resolve(packed[0].name));
  return {
    plugin: await import(pathToFileURL(require.resolve(packed[0].name)).href),
    framework: require.resolve(framework),
    frameworkOfPlugin: installed.resolve(framework),
    client: pathToFileURL(join(project, "node_modules", packed[0].name, "node_modules/rieltime/rieltime.js")).href,
  };
}

function npm(folder, ...args) {
  return execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
