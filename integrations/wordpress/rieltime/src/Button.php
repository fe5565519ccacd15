<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

/** The block "Pay with Rieltime" and its shortcode, [rieltime amount="5.00" currency="USD" description="Coffee"]. */
final class Button
{
    private const PROBLEM = 'rieltime_problem'; // in a page's query

    public static function register(string $block): void
    {
        add_shortcode('rieltime', static fn (mixed $attributes): string => self::render((array) $attributes));
        add_action('init', static function () use ($block): void {
            wp_register_script('rieltime-button', plugins_url('editor.js', "$block/block.json"), ['wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components', 'wp-server-side-render', 'wp-i18n'], VERSION, true);
            wp_set_script_translations('rieltime-button', 'rieltime', dirname($block, 2) . '/languages');
            register_block_type($block, ['render_callback' => self::render(...)]);
        });
    }

    /** @param array<string, mixed> $attributes */
    public static function render(array $attributes): string
    {
        try {
            $offer = Offer::of($attributes, (int) get_the_ID());
        } catch (\InvalidArgumentException $error) {
            return self::forAuthors($error->getMessage());
        }
        if (!Settings::load()->isReady()) {
            return self::forAuthors(__('the plugin is not set up: see Settings, Rieltime', 'rieltime'));
        }

        $label = trim((string) ($attributes['label'] ?? '')) ?: __('Pay with Rieltime', 'rieltime');
        $price = $offer->amount === null ? self::amountField($offer) : sprintf('<span class="rieltime-price">%s</span>', esc_html("{$offer->amount} {$offer->currency}"));
        return sprintf(
            '<form class="rieltime-button" method="post" action="%s">%s<p>%s %s</p><input type="hidden" name="offer" value="%s">'
                . '<div class="wp-block-button"><button class="wp-block-button__link wp-element-button">%s</button></div></form>',
            esc_url(Routes::payAddress()),
            self::problem(),
            esc_html($offer->description),
            $price,
            esc_attr($offer->sign(wp_salt('nonce'), time())),
            esc_html($label),
        );
    }

    public static function problemAddress(string $page, string $problem): string
    {
        return add_query_arg(self::PROBLEM, $problem, $page);
    }

    private static function amountField(Offer $offer): string
    {
        return sprintf(
            '<label>%s <input type="number" name="amount" inputmode="decimal" required min="%s" max="%s" step="%s"> %s</label>',
            esc_html__('Amount', 'rieltime'),
            esc_attr($offer->least),
            esc_attr($offer->most),
            $offer->currency === 'KHR' ? '1' : '0.01',
            esc_html($offer->currency),
        );
    }

    private static function problem(): string
    {
        $text = match ($_GET[self::PROBLEM] ?? '') {
            'amount' => __('This amount cannot be paid here.', 'rieltime'),
            'old' => __('This page was out of date. Please press the button once more.', 'rieltime'),
            'failed' => __('Something went wrong, and nothing was paid. Please try again.', 'rieltime'),
            default => '',
        };
        return $text === '' ? '' : '<p role="alert">' . esc_html($text) . '</p>';
    }

    /** What is wrong with a button is told to who can change it; buyers see nothing. */
    private static function forAuthors(string $problem): string
    {
        return current_user_can('edit_posts') ? '<p role="alert">Rieltime: ' . esc_html($problem) . '</p>' : '';
    }
}
