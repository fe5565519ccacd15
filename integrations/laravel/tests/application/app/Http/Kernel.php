<?php

declare(strict_types=1);

namespace App\Http;

use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Http\Middleware\VerifyCsrfToken;
use Illuminate\Routing\Middleware\SubstituteBindings;
use Illuminate\Session\Middleware\StartSession;

/** The middleware that a new Laravel application has in the group "web". */
final class Kernel extends \Illuminate\Foundation\Http\Kernel
{
    protected $middlewareGroups = [
        'web' => [EncryptCookies::class, StartSession::class, VerifyCsrfToken::class, SubstituteBindings::class],
    ];
}
