// Starts `rieltime demo` on free ports: the checkout, the providers' simulators and a demo
// merchant with its keys.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "./wait.js";

const addressFlag = /(--[\w-]+)="127\.0\.0\.1:\d+"/g; // in the demo's help: one for each listener
const addressLine = /^([a-z][a-z-]*) +(http:\/\/\S+)$/gm; // in what it prints
const startPatience = 60_000, stopPatience = 30_000;

/** Starts the demo and gives its addresses and keys, when it is healthy. */
export async function startServer({ binary = process.env.RIELTIME_BIN ?? "rieltime", args = [] } = {}) {
  const help = helpOf(binary);
  const listen = [...help.matchAll(addressFlag)].flatMap(([, flag]) => [flag, "127.0.0.1:0"]);
  const data = mkdtempSync(join(tmpdir(), "rieltime-testing-"));

  const child = spawn(binary, ["demo", "--data", data, "--no-autopilot", "--control", "127.0.0.1:0", ...listen, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "", failure;
  child.stdout.on("data", (text) => { log += text; });
  child.stderr.on("data", (text) => { log += text; });
  const ended = new Promise((resolve) => {
    child.on("error", (error) => { failure = error; resolve(); });
    child.on("exit", resolve);
  });
  const running = () => failure === undefined && child.exitCode === null && child.signalCode === null;

  const stop = async () => {
    if (running()) child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), stopPatience);
    await ended;
    clearTimeout(hard);
    rmSync(data, { recursive: true, force: true });
  };

  try {
    const urls = await waitUntil("the server is healthy", startPatience, async () => {
      if (!running()) throw new Error(`rieltime demo ended: ${failure ?? ""}\n${log}`);
      const found = Object.fromEntries([...log.matchAll(addressLine)].map(([, name, url]) => [name, url]));
      return log.includes("Buy something") && (await healthy(found.checkout)) && found;
    });
    const { api_key: key } = JSON.parse(readFileSync(join(data, "demo-secrets.json"), "utf8"));
    const { checkout: url, shop, control, telegram: _, dashboard: __, ...simulators } = urls;
    return { addresses: { url, key, shop, control, simulators }, log: () => log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function helpOf(binary) {
  try {
    return execFileSync(binary, ["demo", "--help"], { encoding: "utf8" });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    throw new Error(`the program ${binary} is not there: make build in Rieltime's sources makes it; put its folder in PATH, or name it by RIELTIME_BIN`, { cause: error });
  }
}

async function healthy(url) {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}
