<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

use Rieltime\RieltimeException;
use Rieltime\Session;
use Rieltime\WebhookException;

/** What the site answers below /wp-json/rieltime/v1: webhooks, and presses of buttons. */
final class Routes
{
    private const PLACE = 'rieltime/v1';

    public static function register(): void
    {
        add_action('rest_api_init', static function (): void {
            register_rest_route(self::PLACE, '/webhook', [
                'methods' => 'POST',
                'callback' => [self::class, 'webhook'],
                'permission_callback' => '__return_true', // its signature is checked
            ]);
            register_rest_route(self::PLACE, '/pay', [
                'methods' => 'POST',
                'callback' => [self::class, 'pay'],
                'permission_callback' => '__return_true', // any visitor may buy
            ]);
        });
    }

    public static function webhookAddress(): string
    {
        return rest_url(self::PLACE . '/webhook');
    }

    public static function payAddress(): string
    {
        return rest_url(self::PLACE . '/pay');
    }

    /** What is thrown here is answered 500, and the event comes again. */
    public static function webhook(\WP_REST_Request $request): \WP_REST_Response
    {
        $settings = Settings::load();
        $headers = [];
        foreach ($request->get_headers() as $name => $values) {
            $headers[strtr($name, '_', '-')] = $values; // WordPress writes webhook_id
        }
        try {
            $event = $settings->verify($headers, $request->get_body());
        } catch (WebhookException) {
            return new \WP_REST_Response(null, 400);
        }

        $object = $event->data->object;
        if ($event->type === 'checkout.session.completed' && $object instanceof Session && str_starts_with($object->reference, ButtonSale::PREFIX)) {
            $outcome = self::sale($settings)->settle($object);
            if ($outcome !== Outcome::Paid) {
                error_log("Rieltime: the paid session {$object->id} does not fit its button: {$outcome->name}");
            }
        }
        do_action('rieltime_event', $event, $settings); // WooCommerce's orders
        return new \WP_REST_Response(null, 204);
    }

    /** Sends a buyer who pressed a button to pay. */
    public static function pay(\WP_REST_Request $request): \WP_REST_Response
    {
        $offer = Offer::open((string) $request->get_param('offer'), wp_salt('nonce'), time());
        if ($offer === null) {
            // From a page that is too old, or changed by hand: let the buyer load it anew.
            return self::redirect(Button::problemAddress(wp_get_referer() ?: home_url('/'), 'old'));
        }

        $page = get_permalink($offer->page) ?: home_url('/');
        try {
            $amount = $offer->amountFor((string) $request->get_param('amount'));
        } catch (\InvalidArgumentException) {
            return self::redirect(Button::problemAddress($page, 'amount'));
        }
        try {
            return self::redirect(self::sale(Settings::load())->start($offer, $amount, ThanksPage::address(...), $page));
        } catch (RieltimeException | \InvalidArgumentException $error) {
            error_log("Rieltime: no session was made: {$error->getMessage()}");
            return self::redirect(Button::problemAddress($page, 'failed'));
        }
    }

    public static function sale(Settings $settings): ButtonSale
    {
        global $wpdb;
        return new ButtonSale($settings, new ButtonPayments($wpdb));
    }

    private static function redirect(string $address): \WP_REST_Response
    {
        return new \WP_REST_Response(null, 303, ['Location' => $address, 'Cache-Control' => 'no-store']);
    }
}
