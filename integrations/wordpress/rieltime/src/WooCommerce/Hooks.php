<?php

declare(strict_types=1);

namespace Rieltime\Plugin\WooCommerce;

use Rieltime\Event;
use Rieltime\Plugin\Settings;

/** Where WooCommerce calls the plugin. Without WooCommerce, none of it is called. */
final class Hooks
{
    public static function register(string $plugin): void
    {
        add_action('before_woocommerce_init', static function () use ($plugin): void {
            foreach (['custom_order_tables', 'cart_checkout_blocks'] as $feature) {
                \Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility($feature, $plugin, true);
            }
        });
        add_filter('woocommerce_payment_gateways', static fn (array $gateways): array => [...$gateways, Gateway::class]);
        add_action('woocommerce_blocks_payment_method_type_registration', static fn ($registry) => $registry->register(new BlockMethod($plugin)));

        add_action('rieltime_event', static function (Event $event): void {
            if (function_exists('wc_get_order')) {
                self::payments()->receive($event);
            }
        });
        add_filter('woocommerce_cancel_unpaid_order', static fn (bool $cancel, \WC_Order $order): bool => $cancel && ($order->get_payment_method() !== Gateway::ID || self::payments()->mayCancel($order->get_id())), 20, 2);
        add_action('woocommerce_order_status_cancelled', static fn (int $id) => self::payments()->close($id));

        // Before WooCommerce looks whether to empty the cart, at priority 20.
        add_action('template_redirect', static function (): void {
            if (function_exists('is_wc_endpoint_url')) {
                ThanksMessage::settle();
            }
        }, 5);
        add_action('woocommerce_before_thankyou', ThanksMessage::render(...));
    }

    public static function payments(): OrderPayments
    {
        global $wpdb;
        return new OrderPayments(Settings::load(), new Lock($wpdb), self::log(...));
    }

    public static function log(string $line): void
    {
        if ((get_option('woocommerce_' . Gateway::ID . '_settings', [])['log'] ?? 'no') === 'yes') {
            wc_get_logger()->info($line, ['source' => Gateway::ID]);
        }
    }
}
