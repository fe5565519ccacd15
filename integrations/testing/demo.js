// Starts the demo of the built binary, RIELTIME_BIN, on free ports, for tests of shops.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const patience = 60_000; // milliseconds, for a machine that is slow for a while

// A process that a signal ends leaves by exit, where the programs that it started are stopped.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Starts a demo; its key is of the test mode. */
export async function startDemo() {
  const binary = process.env.RIELTIME_BIN;
  if (!binary) throw new Error("RIELTIME_BIN does not name the binary: run make integrations");

  const help = execFileSync(binary, ["demo", "--help"], { encoding: "utf8" });
  const flags = [...help.matchAll(/(--[\w-]+)="127\.0\.0\.1:\d+"/g)].map((match) => match[1]);
  const ports = await freePorts(flags.length);
  const data = mkdtempSync(join(tmpdir(), "rieltime-demo-"));
  const args = ["demo", "--no-history", "--data", data, ...flags.flatMap((flag, i) => [flag, `127.0.0.1:${ports[i]}`])];
  const server = start(binary, args);

  const url = `http://127.0.0.1:${ports[flags.indexOf("--listen")]}`;
  await until("the demo is healthy", async () => server.running() && (await fetch(`${url}/healthz`)).ok, server);
  const key = JSON.parse(readFileSync(join(data, "demo-secrets.json"), "utf8")).api_key;
  return {
    url, key,
    log: server.log,
    /** Calls the API and returns its answer; with a body it posts. */
    call: async (path, body) => {
      const response = await fetch(url + path, {
        method: body ? "POST" : "GET",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: body && JSON.stringify(body),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${answer.code}: ${answer.detail}`);
      return answer;
    },
    stop: async () => {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Starts a program whose output is kept. It is stopped with all that it started, at the latest with this process. */
export function start(program, args, options = {}) {
  const output = [];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  const kill = () => {
    try { process.kill(-child.pid); } catch (error) { if (error.code !== "ESRCH") throw error; } // it has ended
  };
  process.on("exit", kill);
  child.stdout.on("data", (text) => output.push(text));
  child.stderr.on("data", (text) => output.push(text));
  const ended = new Promise((resolve) => {
    child.on("exit", resolve);
    child.on("error", (error) => { output.push(`${error}\n`); resolve(); });
  });
  return {
    log: () => output.join(""),
    running: () => child.exitCode === null && child.pid !== undefined,
    stop: async () => { kill(); process.off("exit", kill); await ended; },
  };
}

export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** An address that a shop will have: the webhooks of its server need it first. */
export async function freeAddress() {
  const [port] = await freePorts(1);
  return `http://127.0.0.1:${port}`;
}

/** Waits until holds() gives something true, and returns it; what it throws counts as no. */
export async function until(what, holds, program = null, wait = patience) {
  for (const end = Date.now() + wait; ; await sleep(50)) {
    let problem = "";
    try {
      const value = await holds();
      if (value) return value;
    } catch (error) {
      problem = `: ${error}`;
    }
    if (Date.now() > end || program?.running() === false) throw new Error(`waited in vain until ${what}${problem}\n${program?.log() ?? ""}`);
  }
}
