<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

use Rieltime\Client;
use Rieltime\RieltimeException;
use Rieltime\Webhook;

/** Settings → Rieltime. Stored keys and secrets are never shown again. */
final class SettingsPage
{
    private const SLUG = 'rieltime';
    private const ACTION = 'rieltime_settings';
    private const EVENTS = ['checkout.session.completed', 'refund.succeeded', 'refund.failed', 'refund.unresolved', 'payment.late', 'payment.duplicate', 'payment.mismatch'];

    public static function register(string $plugin): void
    {
        add_action('admin_menu', static fn () => add_options_page('Rieltime', 'Rieltime', 'manage_options', self::SLUG, self::render(...)));
        add_action('admin_post_' . self::ACTION, self::save(...));
        add_filter("plugin_action_links_$plugin", static fn (array $links): array => [sprintf('<a href="%s">%s</a>', esc_url(self::address()), esc_html__('Settings')), ...$links]);
    }

    public static function address(): string
    {
        return admin_url('options-general.php?page=' . self::SLUG);
    }

    /** Stores what was entered, once the server has answered with it. */
    private static function save(): void
    {
        check_admin_referer(self::ACTION);
        if (!current_user_can('manage_options')) {
            wp_die('', '', 403);
        }

        $old = Settings::load();
        $values = ['url' => rtrim(esc_url_raw(self::entered('url'), ['https', 'http']), '/'), 'test_mode' => isset($_POST['test_mode'])];
        foreach (Settings::MODES as $mode) {
            foreach (["{$mode}_key", "{$mode}_secret"] as $name) {
                $values[$name] = self::entered($name) ?: $old->get($name); // an empty field keeps what is stored
            }
        }

        try {
            $values = self::connect($values, (new Settings($values))->mode());
            $message = 'saved';
        } catch (RieltimeException | \InvalidArgumentException $error) {
            $message = $error->getMessage();
        }
        if ($message === 'saved') {
            update_option(Settings::OPTION, $values, false);
        }
        set_transient(self::ACTION . get_current_user_id(), $message, 60);
        wp_safe_redirect(self::address());
        exit;
    }

    /**
     * Tries the key of a mode, and where there is no webhook secret, registers this site
     * for webhooks, whose answer has one.
     *
     * @param array<string, mixed> $values
     * @return array<string, mixed> the values, with the secret
     */
    private static function connect(array $values, string $mode): array
    {
        $key = (string) $values["{$mode}_key"];
        if (!str_starts_with($key, "sk_{$mode}_")) {
            throw new \InvalidArgumentException($mode === 'test' ? __('A test key begins with sk_test_.', 'rieltime') : __('A live key begins with sk_live_.', 'rieltime'));
        }
        $client = new Client((string) $values['url'], $key, attempts: 2, timeout: 10.0);
        $client->listSessions(limit: 1);
        if ($values["{$mode}_secret"] === '') {
            $values["{$mode}_secret"] = $client->createWebhookEndpoint(Routes::webhookAddress(), self::EVENTS, get_bloginfo('name'))->secret;
        }
        new Webhook($values["{$mode}_secret"]); // throws for what is no secret
        return $values;
    }

    private static function entered(string $name): string
    {
        return trim(sanitize_text_field(wp_unslash((string) ($_POST[$name] ?? ''))));
    }

    private static function render(): void
    {
        $settings = Settings::load();
        $message = get_transient(self::ACTION . get_current_user_id());
        delete_transient(self::ACTION . get_current_user_id());

        echo '<div class="wrap"><h1>Rieltime</h1>';
        if (is_string($message)) {
            printf('<div class="notice notice-%s"><p>%s</p></div>', $message === 'saved' ? 'success' : 'error', $message === 'saved' ? esc_html__('Saved: the server takes this key.', 'rieltime') : esc_html($message));
        }
        printf('<form method="post" action="%s"><input type="hidden" name="action" value="%s">', esc_url(admin_url('admin-post.php')), esc_attr(self::ACTION));
        wp_nonce_field(self::ACTION);
        echo '<table class="form-table">';
        self::row('url', __('Address of your Rieltime server', 'rieltime'), sprintf('<input type="url" class="regular-text" id="url" name="url" required value="%s">', esc_attr($settings->get('url'))));
        self::row('test_mode', __('Test mode', 'rieltime'), sprintf('<input type="checkbox" id="test_mode" name="test_mode" %s> %s', checked($settings->mode(), 'test', false), esc_html__('No real money is taken.', 'rieltime')));
        self::row('test_key', __('Test key', 'rieltime'), self::secretField('test_key', $settings));
        self::row('test_secret', __('Webhook secret of the test mode', 'rieltime'), self::secretField('test_secret', $settings));
        self::row('live_key', __('Live key', 'rieltime'), self::secretField('live_key', $settings));
        self::row('live_secret', __('Webhook secret of the live mode', 'rieltime'), self::secretField('live_secret', $settings));
        echo '</table>';
        printf('<p>%s<br><code>%s</code></p>', esc_html__('Leave a webhook secret empty to let this site register its address for webhooks:', 'rieltime'), esc_html(Routes::webhookAddress()));
        submit_button();
        echo '</form></div>';
    }

    private static function row(string $name, string $label, string $field): void
    {
        printf('<tr><th><label for="%s">%s</label></th><td>%s</td></tr>', esc_attr($name), esc_html($label), $field);
    }

    private static function secretField(string $name, Settings $settings): string
    {
        $hint = $settings->get($name) === '' ? '' : __('stored; enter another to change it', 'rieltime');
        return sprintf('<input type="password" class="regular-text" autocomplete="off" id="%1$s" name="%1$s" placeholder="%2$s">', esc_attr($name), esc_attr($hint));
    }
}
