<?php

declare(strict_types=1);

namespace Rieltime\Plugin\WooCommerce;

use Rieltime\Plugin\Outcome;
use Rieltime\RieltimeException;

/** What the order's thank-you page says about the payment. */
final class ThanksMessage
{
    private static ?Outcome $outcome = null;

    /** Settles the order before the page is made, so that all of it shows the true state. */
    public static function settle(): void
    {
        self::$outcome = null;
        $id = is_wc_endpoint_url('order-received') ? absint(get_query_var('order-received')) : 0;
        $order = $id > 0 ? Order::find($id) : null;
        $key = wp_unslash($_GET['key'] ?? '');
        if ($order === null || !is_string($key) || !$order->hasKey($key)) {
            return;
        }
        nocache_headers();
        try {
            self::$outcome = Hooks::payments()->check($id);
        } catch (RieltimeException | \InvalidArgumentException | \RuntimeException $error) {
            Hooks::log("order $id: its session was not read: {$error->getMessage()}");
            self::$outcome = Outcome::Unknown;
        }
    }

    /** @param int $id */
    public static function render($id): void
    {
        $order = self::$outcome === null ? null : Order::find((int) $id);
        if ($order === null) {
            return;
        }
        printf('<p class="rieltime-thanks" role="status" data-outcome="%s">%s', esc_attr(strtolower(self::$outcome->name)), esc_html(self::text(self::$outcome)));
        if (self::$outcome === Outcome::Open || self::$outcome === Outcome::Unknown) {
            printf(' <a href="%s">%s</a>', esc_url($order->returnAddress()), esc_html__('Check again', 'rieltime'));
        }
        if (self::$outcome === Outcome::Open || self::$outcome === Outcome::Closed) {
            printf(' <a href="%s">%s</a>', esc_url($order->payAddress()), esc_html__('Pay', 'rieltime'));
        }
        echo '</p>';
    }

    private static function text(Outcome $outcome): string
    {
        return match ($outcome) {
            Outcome::Paid => __('Your payment was received.', 'rieltime'),
            Outcome::Open => __('Your payment has not been received yet.', 'rieltime'),
            Outcome::Closed => __('Nothing was paid.', 'rieltime'),
            Outcome::Mismatch => __('Your payment does not fit the order. Please contact us.', 'rieltime'),
            Outcome::Unknown => __('We do not know yet what became of your payment.', 'rieltime'),
        };
    }
}
