import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "../playwright.js";

test.setTimeout(180_000); // it starts Playwright and servers of its own

const folder = fileURLToPath(new URL("..", import.meta.url));

// call gives a program's exit code and what it printed.
async function call(program, args, env) {
  try {
    return { code: 0, ...await promisify(execFile)(program, args, { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 64e6 }) };
  } catch (error) {
    return error;
  }
}

test("a test that fails has the ledgers, the webhooks and a trace attached", async ({ rieltime }) => {
  const { code, stdout } = await call(process.execPath, ["node_modules/@playwright/test/cli.js", "test", "--config", "tests/failing/playwright.config.js"], rieltime.env);
  expect(code).toBe(1);
  const { attachments } = JSON.parse(stdout).suites[0].specs[0].tests[0].results[0];
  const names = attachments.map(({ name }) => name);
  for (const name of ["ledger of bakong", "ledger of kess", "ledger of baray", "ledger of bayopay", "webhooks", "trace"]) expect(names).toContain(name);

  const session = /cs_[0-9a-z]+/.exec(stdout)[0];
  const webhooks = Buffer.from(attachments.find(({ name }) => name === "webhooks").body, "base64").toString();
  expect(webhooks).toContain(session);
});

test("the command causes outcomes in a shell, and ends with the code of its command", async ({ rieltime }) => {
  const cli = (...args) => call(process.execPath, ["cli.js", ...args], rieltime.env);
  const { stdout: url } = await cli("session", "3.00");
  expect((await cli("pay", url.trim(), "aba")).stdout.trim()).toBe("complete");
  expect((await cli("ledgers")).stdout).toContain('"total_amount": 3');
  await cli("down", "kess");
  expect((await cli("pay")).stderr).toContain("give a session");

  const { code, stdout } = await call(process.execPath, ["cli.js", "run", "--", process.execPath, "-e", "console.log(process.env.RIELTIME_KEY); process.exit(3)"]);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^sk_test_/);
});

test("the command explains itself", async () => {
  const { code, stderr } = await call(process.execPath, ["cli.js"]);
  expect(code).toBe(1);
  expect(stderr).toContain("rieltime-testing run");
  expect((await call(process.execPath, ["cli.js", "run", "--binary", "/nowhere/rieltime", "--", "true"])).stderr).toContain("RIELTIME_BIN");
});
