// Opens Chromium and its tabs, and pays on the checkout page as a buyer does.

import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

export async function openChromium() {
  const found = process.env.CHROMIUM ?? execFileSync("sh", ["-c", "command -v chromium-headless-shell || command -v chromium || command -v google-chrome || true"], { encoding: "utf8" }).trim();
  return chromium.launch({ executablePath: found || undefined, args: ["--no-sandbox", "--disable-gpu"] });
}

/** Opens a tab that is closed with its test; if the test fails, it reports what its tabs showed and the end of the shop's log. */
export async function openTab(t, browser, { log = () => "", ...options } = {}) {
  const context = await browser.newContext({ locale: "en", ...options });
  context.setDefaultTimeout(60_000); // a machine that is slow for a while is not a failure
  t.after(async () => {
    if (t.error) {
      for (const page of context.pages()) t.diagnostic(`${page.url()} showed: ${await textOf(page)}`);
      t.diagnostic(log().slice(-4_000));
    }
    await context.close();
  });
  return context.newPage();
}

const textOf = (page) => page.locator("body").innerText({ timeout: 1_000 }).then((text) => text.slice(0, 800), (error) => `${error}`);

/** Pays by KHQR on the checkout page that is open, in a bank app in a tab of its own. */
export async function payByKHQR(page) {
  await page.getByRole("button", { name: "KHQR" }).first().click();
  await page.locator("#checkout[data-state=qr_waiting]").waitFor();
  const link = await page.locator("a[data-bank]").first().getAttribute("href");
  // The page shows the receipt for five seconds: the bank app may take longer to say that it has paid.
  await Promise.all([page.locator("#checkout[data-state=paid]").waitFor(), payInBank(await page.context().newPage(), link)]);
}

async function payInBank(bank, link) {
  await bank.goto(link);
  await bank.getByRole("button", { name: "Pay", exact: true }).click();
  await bank.locator("h1:text-is('Paid')").waitFor();
  await bank.close();
}
