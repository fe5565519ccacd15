#!/usr/bin/env node
// rieltime-testing: runs a shop's tests with a server, and causes outcomes by hand.
import { spawn } from "node:child_process";
import { openKit, startKit, VARIABLE } from "./kit.js";

const usage = `Usage:
  rieltime-testing run [--webhook-url URL] [--binary PATH] -- COMMAND...
      Starts a server with simulators of the providers and a merchant, and runs a command
      with RIELTIME_URL, RIELTIME_KEY and RIELTIME_WEBHOOK_SECRET. Webhooks are passed on
      to the URL. Ends with the command, and with its code.

  In the command, or with its RIELTIME_TESTING:
  rieltime-testing session [AMOUNT [CURRENCY]]        make a session and print its address
  rieltime-testing pay|decline|late|wrong SESSION [METHOD]
                                                      by khqr (default), aba, acleda, wing, card, baray, bayopay
  rieltime-testing down|up [PROVIDER]                 cut a provider off, or all; bring it back
  rieltime-testing advance MINUTES                    move the clock
  rieltime-testing ledgers                            what the providers were paid`;

const [command, ...args] = process.argv.slice(2);

const commands = {
  run,
  async session(amount = "2.50", currency = "USD") { print((await (await running()).createSession({ amount, currency })).url); },
  async pay(session, method = "khqr") { print((await (await running()).checkout(given(session)).payWith(method)).status); },
  async decline(session, method = "khqr") { print((await (await running()).checkout(given(session)).decline(method)).status); },
  async late(session, method = "khqr") { print((await (await running()).checkout(given(session)).payLate(method)).review); },
  async wrong(session, method = "khqr") { print((await (await running()).checkout(given(session)).payWrongAmount(undefined, method)).review); },
  async down(provider) { await (await running()).providerDown(provider); },
  async up(provider) { await (await running()).providerUp(provider); },
  async advance(minutes) {
    if (!(Number(minutes) >= 0)) throw new Error("give the minutes as a number");
    print((await (await running()).advance(Number(minutes) * 60_000)).toISOString());
  },
  async ledgers() { print(JSON.stringify(await (await running()).ledgers(), null, 2)); },
};

async function run(...rest) {
  const split = rest.indexOf("--");
  const options = split < 0 ? rest : rest.slice(0, split);
  const [program, ...programArgs] = split < 0 ? [] : rest.slice(split + 1);
  if (!program) throw new Error(usage);

  const settings = {};
  for (let at = 0; at < options.length; at += 2) {
    const name = { "--webhook-url": "webhookUrl", "--binary": "binary" }[options[at]];
    if (!name || !options[at + 1]) throw new Error(usage);
    settings[name] = options[at + 1];
  }

  const kit = await startKit(settings);
  const child = spawn(program, programArgs, { stdio: "inherit", env: { ...process.env, ...kit.env } });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve) => {
    child.on("error", (error) => { console.error(String(error.message)); resolve(127); });
    child.on("exit", (code) => resolve(code ?? 1));
  });
  await kit.stop();
}

function running() {
  if (!process.env[VARIABLE]) throw new Error(`${VARIABLE} is not set: call this in the command of rieltime-testing run`);
  return openKit();
}

function given(session) {
  if (!session) throw new Error("give a session, cs_… or its address");
  return session;
}

function print(text) { console.log(text); }

try {
  if (!commands[command]) throw new Error(usage);
  await commands[command](...args);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
