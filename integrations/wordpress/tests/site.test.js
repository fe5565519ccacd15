// The plugin in a real WordPress, with the demo of the built binary, in a browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openChromium, openTab, payByKHQR } from "../../testing/browser.js";
import { startDemo, until } from "../../testing/demo.js";
import { startSite } from "./site.js";

let demo, site, browser;

before(async () => {
  demo = await startDemo();
  site = await startSite();
  browser = await openChromium();
  site.publish = (content) => site.run(`echo get_permalink(wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Shop', 'post_content' => ${quoted(content)}]));`);
});

after(async () => {
  await browser?.close();
  await Promise.all([site?.stop(), demo?.stop()]);
});

const quoted = (text) => `'${text.replace(/['\\]/g, "\\$&")}'`;

const newPage = (t) => openTab(t, browser, { log: site.log });

/** Presses the button of a page, and returns the buyer's tab on the checkout page. */
async function press(t, address) {
  const page = await newPage(t);
  await page.goto(address);
  await page.getByRole("button", { name: "Pay with Rieltime" }).click();
  await page.locator("#checkout").waitFor();
  return page;
}

async function returnToSite(page) {
  await page.waitForURL((url) => url.href.startsWith(site.url));
  return page.locator(".rieltime-thanks").getAttribute("data-outcome");
}

/** The payment whose checkout page an address is of, and the address of its thank-you page. Payments of one second have no order. */
const paymentAt = (address) => JSON.parse(site.run(`global $wpdb; $row = $wpdb->get_row("SELECT * FROM {$wpdb->prefix}rieltime_payments WHERE session = '${/cs_[0-9a-z]+/.exec(address)[0]}'", ARRAY_A);
  echo json_encode($row + ['thanks' => Rieltime\\Plugin\\ThanksPage::address($row['reference'])]);`));

/** A tab of the site's owner. The form is posted without its page, whose script moves the focus while a test types. */
async function signIn(t) {
  const page = await newPage(t);
  const answer = await page.request.post(`${site.url}/wp-login.php`, { form: { log: "admin", pwd: "a password of a test" }, maxRedirects: 0 });
  assert.equal(answer.status(), 302, /login_error[^]*?<\/div>/.exec(await answer.text())?.[0]);
  return page;
}

const times = (reference) => site.paid().filter((paid) => paid === reference).length;

test("an owner connects the site by address and key", async (t) => {
  const page = await signIn(t);
  await page.goto(`${site.url}/wp-admin/options-general.php?page=rieltime`);

  await page.fill("#url", demo.url);
  await page.fill("#test_key", "sk_test_wrong");
  await page.click("#submit");
  await page.getByText("key_invalid").waitFor();

  await page.fill("#url", demo.url);
  await page.fill("#test_key", demo.key);
  await page.click("#submit");
  await page.getByText("Saved").waitFor();
  assert.ok(!(await page.content()).includes(demo.key), "the settings page shows the key");
  assert.equal(site.run("echo (int) Rieltime\\Plugin\\Settings::load()->isReady();"), "1");
});

test("a fixed price is paid, and settled once by webhook and return together", async (t) => {
  const address = site.publish('<!-- wp:rieltime/button {"amount":"2.5","currency":"USD","description":"Iced coffee"} /-->');
  const page = await press(t, address);
  const { reference, thanks } = paymentAt(page.url());
  await payByKHQR(page);
  const reloads = Array.from({ length: 6 }, () => fetch(thanks).then((answer) => answer.text()));
  assert.equal(await returnToSite(page), "paid");
  for (const text of await Promise.all(reloads)) assert.match(text, /data-outcome="paid"/);
  assert.match(await page.locator(".rieltime-thanks").textContent(), /Iced coffee 2\.50 USD/);
  assert.equal(times(reference), 1);

  await page.goBack(); // to the checkout page of what is paid
  await page.locator("#checkout[data-state=paid]").waitFor();
});

test("a buyer who never comes back is settled by the webhook", async (t) => {
  const page = await press(t, site.publish('[rieltime amount="4000" currency="KHR" description="Noodles"]'));
  const { reference } = paymentAt(page.url());
  await payByKHQR(page);
  await page.context().close();
  await until("the webhook has settled it", () => times(reference) === 1);
});

test("a buyer chooses an amount within the bounds", async (t) => {
  const address = site.publish('[rieltime min="2" max="50" description="A gift"]');
  const page = await newPage(t);
  await page.goto(address);
  await page.getByLabel("Amount").fill("3.25");
  await page.getByRole("button", { name: "Pay with Rieltime" }).click();
  await page.locator("#checkout").waitFor();
  assert.equal(paymentAt(page.url()).amount, "3.25");
  await payByKHQR(page);
  assert.equal(await returnToSite(page), "paid");

  await page.goto(address);
  await page.locator("form.rieltime-button").evaluate((form) => { form.noValidate = true; });
  await page.getByLabel("Amount").fill("0.01");
  await page.getByRole("button", { name: "Pay with Rieltime" }).click();
  await page.getByRole("alert").getByText("cannot be paid").waitFor();
});

test("a browser cannot change a fixed price", async (t) => {
  const address = site.publish('[rieltime amount="20" description="A shirt"]');
  const page = await newPage(t);
  await page.goto(address);
  const offer = await page.locator("input[name=offer]").getAttribute("value");
  const pay = (body) => fetch(`${site.url}/?rest_route=/rieltime/v1/pay`, { method: "POST", redirect: "manual", body: new URLSearchParams(body) });

  const cheap = await pay({ offer, amount: "0.01" });
  assert.ok(cheap.headers.get("location").startsWith(demo.url));
  assert.equal(paymentAt(cheap.headers.get("location")).amount, "20.00");

  const [body, signature] = offer.split(".");
  const changed = Buffer.from(Buffer.from(body, "base64").toString().replace("20.00", "00.20")).toString("base64");
  const refused = await pay({ offer: `${changed}.${signature}` });
  assert.match(refused.headers.get("location"), /rieltime_problem=old/);
});

test("the thank-you page tells what is true, and checks again", async (t) => {
  const page = await press(t, site.publish('[rieltime amount="1" description="Tea"]'));
  const { thanks } = paymentAt(page.url());
  const early = await newPage(t);
  await early.goto(thanks); // as if it were paid
  assert.equal(await early.locator(".rieltime-thanks").getAttribute("data-outcome"), "open");
  await payByKHQR(page);
  await early.getByRole("link", { name: "Check again" }).click();
  await early.locator(".rieltime-thanks[data-outcome=paid]").waitFor();

  await early.goto(`${thanks}0`);
  assert.equal(await early.locator(".rieltime-thanks").getAttribute("data-outcome"), "unknown");
});

test("buyers and the shop's people read Khmer or Chinese where the site is in that language", async (t) => {
  const button = site.publish('[rieltime amount="2.50" currency="USD" description="Coffee"]');
  const { thanks } = paymentAt((await press(t, button)).url());
  t.after(() => site.run("update_option('WPLANG', '');"));
  const owner = await signIn(t);
  for (const [locale, pay, received, key, least] of [
    ["km", "បង់ប្រាក់តាម Rieltime", "ការបង់ប្រាក់របស់អ្នក", "សោសាកល្បង", "ចំនួនតិចបំផុត"],
    ["zh_CN", "用 Rieltime 付款", "您的付款", "测试密钥", "最低金额"],
  ]) {
    // A language pack of WordPress itself, without a text in it: the plugin brings its own.
    site.run(`require_once ABSPATH . WPINC . '/pomo/mo.php'; wp_mkdir_p(WP_LANG_DIR); (new MO())->export_to_file(WP_LANG_DIR . '/${locale}.mo'); update_option('WPLANG', '${locale}');`);
    const page = await newPage(t);
    await page.goto(button);
    await page.getByRole("button", { name: pay }).waitFor();
    await page.goto(thanks);
    assert.match(await page.locator(".rieltime-thanks").textContent(), new RegExp(received));

    await owner.goto(`${site.url}/wp-admin/options-general.php?page=rieltime`);
    assert.equal(await owner.locator("label[for=test_key]").textContent(), key);
    await owner.goto(`${site.url}/wp-admin/post-new.php?post_type=page`, { waitUntil: "commit" }); // the editor is a hundred scripts
    await owner.waitForFunction(() => window.wp?.blocks?.getBlockType("rieltime/button"));
    const editor = await owner.evaluate(() => ({ title: wp.blocks.getBlockType("rieltime/button").title, least: wp.i18n.__("Least amount", "rieltime") }));
    assert.deepEqual(editor, { title: pay, least });
  }
});

test("an abandoned payment is not paid, and its page says that it is over", async (t) => {
  const page = await press(t, site.publish('[rieltime amount="3" description="Cake"]'));
  const { reference, session, thanks } = paymentAt(page.url());
  await demo.call(`/v1/checkout/sessions/${session}/expire`, {});
  await page.goto(thanks);
  assert.equal(await page.locator(".rieltime-thanks").getAttribute("data-outcome"), "closed");
  assert.equal(times(reference), 0);
});

test("webhooks of others are refused", async () => {
  const refused = await fetch(`${site.url}/?rest_route=/rieltime/v1/webhook`, {
    method: "POST",
    body: JSON.stringify({ type: "checkout.session.completed" }),
    headers: { "webhook-id": "evt_1", "webhook-timestamp": String(Math.floor(Date.now() / 1000)), "webhook-signature": "v1,AAAA" },
  });
  assert.equal(refused.status, 400);
});

test("MariaDB lets one process at a time work on an order", () => {
  const said = site.run(`global $wpdb; $other = new wpdb(DB_USER, DB_PASSWORD, DB_NAME, DB_HOST); $other->prefix = $wpdb->prefix;
    $lock = static fn (wpdb $database) => new Rieltime\\Plugin\\WooCommerce\\Lock($database, 0);
    $lock($wpdb)->with(17, function () use ($lock, $other): void {
      try { $lock($other)->with(17, fn () => print('both ')); } catch (RuntimeException) { echo 'one '; }
      $lock($other)->with(18, fn () => print('another order '));
    });
    $lock($other)->with(17, fn () => print('the next'));`);
  assert.equal(said, "one another order the next");
});

test("while Rieltime cannot be asked, nothing is said to be paid", async (t) => {
  const page = await press(t, site.publish('[rieltime amount="5" description="A book"]'));
  const { thanks } = paymentAt(page.url());
  await demo.stop();
  await page.goto(thanks);
  assert.equal(await page.locator(".rieltime-thanks").getAttribute("data-outcome"), "unknown");
  await page.getByRole("link", { name: "Check again" }).waitFor();
});
