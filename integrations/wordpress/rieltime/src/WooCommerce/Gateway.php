<?php

declare(strict_types=1);

namespace Rieltime\Plugin\WooCommerce;

use Rieltime\ApiException;
use Rieltime\Plugin\Amount;
use Rieltime\Plugin\Settings;
use Rieltime\Plugin\SettingsPage;
use Rieltime\RieltimeException;

/** The payment method, as the classic checkout and the order page know it. */
final class Gateway extends \WC_Payment_Gateway
{
    public const ID = 'rieltime';

    public function __construct()
    {
        $this->id = self::ID;
        $this->method_title = 'Rieltime';
        $this->method_description = __('Sends the buyer to pay on your Rieltime server.', 'rieltime');
        $this->has_fields = false;
        $this->supports = ['products', 'refunds'];

        $this->form_fields = [
            'enabled' => ['title' => __('Enabled', 'rieltime'), 'type' => 'checkbox', 'label' => __('Offer this payment method', 'rieltime'), 'default' => 'yes'],
            'title' => ['title' => __('Title', 'rieltime'), 'type' => 'text', 'default' => __('Bank app, KHQR or card', 'rieltime')],
            'description' => ['title' => __('Description', 'rieltime'), 'type' => 'textarea', 'default' => ''],
            'log' => ['title' => __('Log', 'rieltime'), 'type' => 'checkbox', 'label' => __('Keep a log, without keys and personal data', 'rieltime'), 'default' => 'no'],
        ];
        $this->init_settings();
        $this->title = (string) $this->get_option('title');
        $this->description = (string) $this->get_option('description');
        add_action('woocommerce_update_options_payment_gateways_' . $this->id, [$this, 'process_admin_options']);
    }

    public function is_available(): bool
    {
        return parent::is_available() && Amount::takes(get_woocommerce_currency()) && Settings::load()->isReady();
    }

    public function needs_setup(): bool
    {
        return !Settings::load()->isReady();
    }

    public function get_title(): string
    {
        return parent::get_title() . (Settings::load()->mode() === 'test' ? ' ' . __('(test)', 'rieltime') : '');
    }

    public function admin_options(): void
    {
        parent::admin_options();
        printf('<p><a href="%s">%s</a></p>', esc_url(SettingsPage::address()), esc_html__('Address, keys and test mode', 'rieltime'));
    }

    /**
     * Both checkouts show the text of what is thrown here.
     *
     * @param int $id
     * @return array{result: string, redirect: string}
     */
    public function process_payment($id): array
    {
        try {
            return ['result' => 'success', 'redirect' => Hooks::payments()->start((int) $id)];
        } catch (RieltimeException | \InvalidArgumentException | \RuntimeException $error) {
            Hooks::log("order $id: no session: {$error->getMessage()}");
            throw new \Exception(__('The payment could not be started, and nothing was paid. Please try again.', 'rieltime'));
        }
    }

    /**
     * @param int $id
     * @param string|float|null $amount
     * @param string $reason
     * @return bool|\WP_Error
     */
    public function process_refund($id, $amount = null, $reason = '')
    {
        try {
            $text = Amount::text((string) $amount, Order::toPay((int) $id)->currency());
            $refund = Hooks::payments()->refund((int) $id, $text, (string) $reason);
        } catch (ApiException $error) {
            return new \WP_Error($error->errorCode ?: 'rieltime', $error->detail);
        } catch (RieltimeException | \InvalidArgumentException | \RuntimeException $error) {
            Hooks::log("order $id: refund: {$error->getMessage()}");
            return new \WP_Error('rieltime', __('It is not known whether the money was given back. Try again with the same amount: it is not given twice.', 'rieltime'));
        }
        return $refund->status === 'failed' ? new \WP_Error('rieltime', __('The refund failed:', 'rieltime') . " {$refund->failureCode}") : true;
    }
}
