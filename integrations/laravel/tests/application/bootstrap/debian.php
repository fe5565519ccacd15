<?php

// Debian's Laravel 8, which no composer installs.

require_once '/usr/share/php/Illuminate/autoload.php';
