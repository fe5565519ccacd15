<?php

// Removes the keys. The table of payments stays: it is part of the books.

declare(strict_types=1);

defined('WP_UNINSTALL_PLUGIN') || exit;

delete_option('rieltime_settings');
delete_option('rieltime_thanks_page');
