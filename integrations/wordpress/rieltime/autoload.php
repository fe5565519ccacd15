<?php

// Loads the plugin's own classes; its version.

declare(strict_types=1);

namespace Rieltime\Plugin;

const VERSION = '0.1.0';

spl_autoload_register(static function (string $class): void {
    $prefix = 'Rieltime\\Plugin\\';
    if (!str_starts_with($class, $prefix)) {
        return;
    }
    $file = __DIR__ . '/src/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    if (is_file($file)) {
        require $file;
    }
});
