<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

use Rieltime\RieltimeException;

/** The page that buyers of buttons return to: the shortcode [rieltime_thanks] tells what became of their payment. */
final class ThanksPage
{
    private const OPTION = 'rieltime_thanks_page';
    private const QUERY = 'rieltime_payment';

    public static function register(): void
    {
        add_shortcode('rieltime_thanks', static fn (): string => self::render());
        add_action('template_redirect', static function (): void {
            if (isset($_GET[self::QUERY])) {
                nocache_headers();
                add_filter('wp_robots', 'wp_robots_no_robots');
            }
        });
    }

    /** Makes the page when the plugin is activated, unless it is there. */
    public static function create(): void
    {
        if (get_post_status((int) get_option(self::OPTION)) === 'publish') {
            return;
        }
        $page = wp_insert_post([
            'post_type' => 'page',
            'post_status' => 'publish',
            'post_title' => __('Your payment', 'rieltime'),
            'post_content' => '<!-- wp:shortcode -->[rieltime_thanks]<!-- /wp:shortcode -->',
        ]);
        update_option(self::OPTION, (int) $page);
    }

    public static function address(string $reference): string
    {
        $page = get_permalink((int) get_option(self::OPTION)) ?: home_url('/');
        return add_query_arg(self::QUERY, $reference, $page);
    }

    private static function render(): string
    {
        $reference = $_GET[self::QUERY] ?? null;
        if (!is_string($reference)) {
            return '';
        }
        try {
            $outcome = Routes::sale(Settings::load())->check($reference);
        } catch (RieltimeException | \InvalidArgumentException $error) {
            error_log("Rieltime: a session was not read: {$error->getMessage()}");
            $outcome = Outcome::Unknown;
        }

        global $wpdb;
        $payment = (new ButtonPayments($wpdb))->find($reference);
        $html = '<div class="rieltime-thanks" data-outcome="' . esc_attr(strtolower($outcome->name)) . '" role="status"><p>' . esc_html(self::text($outcome)) . '</p>';
        if ($payment !== null) {
            $html .= sprintf('<p>%s %s<br><small>%s</small></p>', esc_html($payment->description), esc_html("{$payment->amount} {$payment->currency}"), esc_html($payment->reference));
        }
        if ($outcome === Outcome::Open || $outcome === Outcome::Unknown && $payment !== null) {
            $html .= sprintf('<p><a href="%s">%s</a></p>', esc_url(self::address($reference)), esc_html__('Check again', 'rieltime'));
        }
        if ($outcome === Outcome::Closed) {
            $html .= sprintf('<p><a href="%s">%s</a></p>', esc_url(get_permalink((int) $payment?->page) ?: home_url('/')), esc_html__('Back', 'rieltime'));
        }
        return $html . '</div>';
    }

    private static function text(Outcome $outcome): string
    {
        return match ($outcome) {
            Outcome::Paid => __('Thank you, your payment was received.', 'rieltime'),
            Outcome::Open => __('Your payment has not been received yet.', 'rieltime'),
            Outcome::Closed => __('Nothing was paid.', 'rieltime'),
            Outcome::Mismatch => __('Your payment does not fit. Please contact us.', 'rieltime'),
            Outcome::Unknown => __('We do not know yet what became of your payment.', 'rieltime'),
        };
    }
}
