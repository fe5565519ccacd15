<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

use PHPUnit\Framework\TestCase;
use Rieltime\Plugin\Settings;
use Rieltime\Plugin\WooCommerce\Hooks;
use Rieltime\Tests\Server;

/** The order's thank-you page, by the hooks that WooCommerce and WordPress call. */
final class ThanksMessageTest extends TestCase
{
    private const REFERENCE = 'WC-17-0123456789ab';

    private ?Server $server = null; // it stops when nothing holds it

    protected function setUp(): void
    {
        $GLOBALS['wpdb'] = new \wpdb();
        \WordPress::reset();
        Shop::open();
        Shop::addOrder(17);
        Shop::$orders[17]['meta'] = ['_rieltime_reference' => self::REFERENCE, '_rieltime_session' => 'cs_1', '_rieltime_amount' => '2.50', '_rieltime_mode' => 'test'];
        \WordPress::$options[Settings::OPTION] = ['url' => 'http://127.0.0.1:1', 'test_mode' => true, 'test_key' => 'sk_test_secret', 'test_secret' => 'whsec_dGVzdA=='];
        \WordPress::$options['woocommerce_rieltime_settings'] = ['log' => 'yes'];
        Hooks::register('/plugin/rieltime.php');
    }

    protected function tearDown(): void
    {
        $_GET = [];
    }

    private function serve(mixed ...$session): void
    {
        $this->server = new Server(Sessions::answer(...$session));
        \WordPress::$options[Settings::OPTION]['url'] = $this->server->url;
    }

    /** What the page of an order says to who has its key, or another one. */
    private function page(int $id = 17, mixed $key = 'wc_order_17'): string
    {
        \WordPress::$query = ['order-received' => (string) $id];
        $_GET = ['key' => $key];
        \WordPress::run('template_redirect');

        ob_start();
        \WordPress::run('woocommerce_before_thankyou', $id);
        return (string) ob_get_clean();
    }

    public function testPageSettlesThePaidOrderBeforeItIsMade(): void
    {
        $this->serve('complete', self::REFERENCE);
        $page = $this->page();
        $this->assertSame([17], Shop::$completed);
        $this->assertStringContainsString('data-outcome="paid">Your payment was received.</p>', $page);
        $this->assertStringNotContainsString('<a ', $page, 'a paid order offers to pay');
        $this->assertFalse(\WordPress::$cached, 'a cache may keep the page');
    }

    public function testUnpaidOrderOffersToCheckAgainAndToPay(): void
    {
        $this->serve('open', self::REFERENCE);
        $page = $this->page();
        $this->assertStringContainsString('data-outcome="open"', $page);
        $this->assertStringContainsString('<a href="https://shop.example/checkout/order-received/17/?key=wc_order_17">Check again</a>', $page);
        $this->assertStringContainsString('<a href="https://shop.example/checkout/order-pay/17/?pay_for_order=true&#038;key=wc_order_17">Pay</a>', $page);
        $this->assertSame([], Shop::$completed);
    }

    public function testClosedSessionOffersToPayAndNothingToWaitFor(): void
    {
        $this->serve('expired', self::REFERENCE);
        $page = $this->page();
        $this->assertStringContainsString('data-outcome="closed">Nothing was paid.', $page);
        $this->assertStringContainsString('>Pay</a>', $page);
        $this->assertStringNotContainsString('Check again', $page);
    }

    public function testBuyerWhosePaymentDoesNotFitIsNotAskedToPayAgain(): void
    {
        $this->serve('complete', self::REFERENCE, '0.01');
        $page = $this->page();
        $this->assertStringContainsString('data-outcome="mismatch"', $page);
        $this->assertStringNotContainsString('<a ', $page);
        $this->assertSame([], Shop::$completed);
    }

    public function testPageSaysThatItDoesNotKnowWhenNoAnswerComes(): void
    {
        $page = $this->page();
        $this->assertStringContainsString('data-outcome="unknown"', $page);
        $this->assertStringContainsString('Check again', $page);
        $this->assertStringNotContainsString('>Pay<', $page, 'the order may be paid');
        $this->assertStringContainsString('order 17: its session was not read', implode("\n", Shop::$log));
        $this->assertStringNotContainsString('sk_test', implode("\n", Shop::$log));
    }

    public function testPageTellsNothingToWhoHasNotTheOrdersKey(): void
    {
        $this->serve('complete', self::REFERENCE);
        foreach (['wc_order_18', '', ['wc_order_17']] as $key) {
            $this->assertSame('', $this->page(key: $key));
        }
        $this->assertSame([], Shop::$completed);
        $this->assertSame([], $this->server?->seen());
    }

    public function testOtherOrdersAndPagesAreLeftAlone(): void
    {
        $this->serve('complete', self::REFERENCE);
        $this->assertNotSame('', $this->page());
        Shop::addOrder(18, payment_method: 'cod');
        $this->assertSame('', $this->page(18, 'wc_order_18'));

        \WordPress::$query = [];
        \WordPress::run('template_redirect');
        ob_start();
        \WordPress::run('woocommerce_before_thankyou', 17);
        $this->assertSame('', ob_get_clean(), 'another page tells what a former one found');
    }
}
