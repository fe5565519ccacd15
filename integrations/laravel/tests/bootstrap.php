<?php

// What the tests need of the sample: the part that knows nothing of the framework.

declare(strict_types=1);

require __DIR__ . '/../../../clients/php/autoload.php';
require __DIR__ . '/../../../clients/php/tests/Server.php';
foreach (['Outcome', 'Orders', 'Sale'] as $class) {
    require __DIR__ . "/../app/Checkout/$class.php";
}
