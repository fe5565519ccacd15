<?php

declare(strict_types=1);

return [
    'url' => env('RIELTIME_URL'),
    'key' => env('RIELTIME_KEY'),
    'webhook_secret' => env('RIELTIME_WEBHOOK_SECRET'),
];
