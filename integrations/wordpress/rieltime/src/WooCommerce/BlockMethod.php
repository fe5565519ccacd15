<?php

declare(strict_types=1);

namespace Rieltime\Plugin\WooCommerce;

use Automattic\WooCommerce\Blocks\Payments\Integrations\AbstractPaymentMethodType;
use Rieltime\Plugin\Settings;

use const Rieltime\Plugin\VERSION;

/** The payment method, as the checkout block knows it: the same one, by the same settings. */
final class BlockMethod extends AbstractPaymentMethodType
{
    protected $name = Gateway::ID;

    public function __construct(private readonly string $plugin)
    {
    }

    public function initialize(): void
    {
        $this->settings = (array) get_option('woocommerce_' . Gateway::ID . '_settings', []);
    }

    public function is_active(): bool
    {
        // As in the gateway: enabled until somebody has said otherwise.
        return $this->get_setting('enabled', 'yes') === 'yes' && Settings::load()->isReady();
    }

    /** @return list<string> */
    public function get_payment_method_script_handles(): array
    {
        wp_register_script('rieltime-checkout', plugins_url('blocks/checkout.js', $this->plugin), ['wc-blocks-registry', 'wc-settings', 'wp-element', 'wp-html-entities'], VERSION, true);
        return ['rieltime-checkout'];
    }

    /** @return array<string, mixed> what checkout.js reads */
    public function get_payment_method_data(): array
    {
        $gateway = new Gateway();
        return ['title' => $gateway->get_title(), 'description' => $gateway->description, 'supports' => $gateway->supports];
    }
}
