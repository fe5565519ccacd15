<?php

/**
 * Plugin Name: Rieltime
 * Description: Takes payments through your own Rieltime server: a button for any page, and a payment method for WooCommerce.
 * Version: 0.1.0
 * Requires at least: 6.1
 * Requires PHP: 8.1
 * License: Apache-2.0
 * Text Domain: rieltime
 * Domain Path: /languages
 */

declare(strict_types=1);

namespace Rieltime\Plugin;

defined('ABSPATH') || exit;

require __DIR__ . '/client/autoload.php';
require __DIR__ . '/autoload.php';

register_activation_hook(__FILE__, static function (): void {
    global $wpdb;
    (new ButtonPayments($wpdb))->createTable();
    ThanksPage::create();
});

// WordPress 6.1 looks for a plugin's own translations only where it is told.
add_action('init', static fn () => load_plugin_textdomain('rieltime', false, dirname(plugin_basename(__FILE__)) . '/languages'));
Routes::register();
Button::register(__DIR__ . '/blocks/button');
ThanksPage::register();
SettingsPage::register(plugin_basename(__FILE__));
WooCommerce\Hooks::register(__FILE__);
