<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

use PHPUnit\Framework\TestCase;
use Rieltime\Plugin\Settings;
use Rieltime\Plugin\WooCommerce\BlockMethod;
use Rieltime\Plugin\WooCommerce\Gateway;
use Rieltime\Plugin\WooCommerce\Hooks;
use Rieltime\Tests\Server;

/** What WooCommerce calls: the gateway, the method of the checkout block, and the hooks. */
final class GatewayTest extends TestCase
{
    private ?Server $server = null; // it stops when nothing holds it

    protected function setUp(): void
    {
        $GLOBALS['wpdb'] = new \wpdb();
        \WordPress::reset();
        Shop::open();
        Shop::addOrder(17);
        \WordPress::$options[Settings::OPTION] = ['url' => 'http://127.0.0.1:1', 'test_mode' => true, 'test_key' => 'sk_test_secret', 'test_secret' => 'whsec_dGVzdA=='];
    }

    private function serve(Server $server): void
    {
        $this->server = $server;
        \WordPress::$options[Settings::OPTION]['url'] = $server->url;
    }

    public function testBothCheckoutsOfferTheSameMethod(): void
    {
        $gateway = new Gateway();
        $block = new BlockMethod('/plugin/rieltime.php');
        $block->initialize();
        $this->assertTrue($gateway->is_available());
        $this->assertTrue($block->is_active(), 'the block loses the method before its settings are stored');
        $this->assertSame($gateway->id, $block->get_name());
        $this->assertSame($gateway->get_title(), $block->get_payment_method_data()['title']);
        $this->assertSame(['products', 'refunds'], $block->get_payment_method_data()['supports']);
        $this->assertStringContainsString('(test)', $gateway->get_title());

        \WordPress::$options['woocommerce_rieltime_settings'] = ['enabled' => 'no', 'title' => 'KHQR'];
        $block->initialize();
        $this->assertFalse((new Gateway())->is_available());
        $this->assertFalse($block->is_active());
    }

    public function testBlockLoadsItsScriptAfterWhatItNeeds(): void
    {
        $handles = (new BlockMethod('/plugin/rieltime.php'))->get_payment_method_script_handles();
        $this->assertSame(['rieltime-checkout'], $handles);
        [$address, $needs] = \WordPress::$scripts['rieltime-checkout'];
        $this->assertFileExists(__DIR__ . '/../rieltime/' . $address);
        foreach (['wc-blocks-registry', 'wc-settings', 'wp-element', 'wp-html-entities'] as $script) {
            $this->assertContains($script, $needs);
        }
    }

    public function testMethodIsNotOfferedWhereItCannotBeUsed(): void
    {
        Shop::$currency = 'THB';
        $this->assertFalse((new Gateway())->is_available());
        Shop::$currency = 'KHR';
        $this->assertTrue((new Gateway())->is_available());
        \WordPress::$options[Settings::OPTION]['test_secret'] = '';
        $this->assertFalse((new Gateway())->is_available());
        $this->assertTrue((new Gateway())->needs_setup());
    }

    public function testBuyerIsSentToTheSession(): void
    {
        $this->serve(new Server(Sessions::answer('open', 'any')));
        $this->assertSame(['result' => 'success', 'redirect' => 'https://pay.example/c/cs_1'], (new Gateway())->process_payment(17));
    }

    public function testBuyerIsToldWhenNoSessionIsMade(): void
    {
        \WordPress::$options['woocommerce_rieltime_settings'] = ['enabled' => 'yes', 'log' => 'yes'];
        $this->serve(new Server(Sessions::json(['code' => 'key_invalid', 'detail' => 'The API key is not valid.'], 401)));
        try {
            (new Gateway())->process_payment(17);
            $this->fail('no session was made');
        } catch (\Exception $error) {
            $this->assertStringContainsString('nothing was paid', $error->getMessage());
            $this->assertStringNotContainsString('key', $error->getMessage());
        }
        $this->assertStringContainsString('key_invalid', implode("\n", Shop::$log));
        $this->assertStringNotContainsString('sk_test', implode("\n", Shop::$log));
        $this->assertSame('pending', Shop::$orders[17]['status']);
    }

    public function testRefundThatIsRefusedSaysWhy(): void
    {
        Shop::$orders[17] = ['transaction_id' => 'pay_1', 'meta' => ['_rieltime_mode' => 'test']] + Shop::$orders[17];
        $this->serve(new Server(Sessions::json(['code' => 'refund_by_hand_only', 'detail' => 'Do it yourself.'], 422)));
        $refused = (new Gateway())->process_refund(17, '1.00', 'Cold');
        $this->assertInstanceOf(\WP_Error::class, $refused);
        $this->assertSame(['refund_by_hand_only', 'Do it yourself.'], [$refused->code, $refused->message]);

        \WordPress::$options[Settings::OPTION]['url'] = 'http://127.0.0.1:1';
        $unknown = (new Gateway())->process_refund(17, '1.00', 'Cold');
        $this->assertInstanceOf(\WP_Error::class, $unknown);
        $this->assertStringContainsString('not known', $unknown->message);
    }

    public function testHooksDeclareOrderStorageAndRegisterBothMethods(): void
    {
        Hooks::register('/plugin/rieltime.php');
        \WordPress::run('before_woocommerce_init');
        $this->assertSame(['custom_order_tables' => true, 'cart_checkout_blocks' => true], Shop::$features);
        $this->assertSame(['other', Gateway::class], \WordPress::run('woocommerce_payment_gateways', ['other']));

        $registry = new class () {
            public ?object $method = null;

            public function register(object $method): bool
            {
                $this->method = $method;
                return true;
            }
        };
        \WordPress::run('woocommerce_blocks_payment_method_type_registration', $registry);
        $this->assertInstanceOf(BlockMethod::class, $registry->method);
    }

    public function testHooksSettleEventsAndKeepPaidOrdersFromBeingCanceled(): void
    {
        Hooks::register('/plugin/rieltime.php');
        $reference = 'WC-17-0123456789ab';
        Shop::$orders[17]['meta'] = ['_rieltime_reference' => $reference, '_rieltime_session' => 'cs_1', '_rieltime_amount' => '2.50', '_rieltime_mode' => 'test'];
        $this->serve(new Server(Sessions::answer('open', $reference)));
        $order = wc_get_order(17);
        $this->assertFalse(\WordPress::run('woocommerce_cancel_unpaid_order', false, $order), 'what others keep is kept');
        $this->assertTrue(\WordPress::run('woocommerce_cancel_unpaid_order', true, $order));

        \WordPress::run('rieltime_event', Sessions::event('checkout.session.completed', Sessions::object('complete', $reference)));
        $this->assertSame([17], Shop::$completed);
        $this->assertFalse(\WordPress::run('woocommerce_cancel_unpaid_order', true, $order));
    }
}
