<?php

// What the tests of the logic need: the plugin's classes without WordPress.

declare(strict_types=1);

require __DIR__ . '/../../../clients/php/autoload.php';
require __DIR__ . '/../../../clients/php/tests/Server.php';
require __DIR__ . '/../rieltime/autoload.php';
require __DIR__ . '/Sessions.php';
require __DIR__ . '/Translations.php';
require __DIR__ . '/standins/wordpress.php';
require __DIR__ . '/standins/woocommerce.php';
