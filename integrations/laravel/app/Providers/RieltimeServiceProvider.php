<?php

declare(strict_types=1);

namespace App\Providers;

use App\Checkout\Orders;
use App\Checkout\Sale;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Log;
use Illuminate\Support\ServiceProvider;
use Rieltime\Client;
use Rieltime\Webhook;

final class RieltimeServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        // The buyer waits for it: fewer and shorter attempts than by default.
        $this->app->bind(Client::class, static fn (): Client => new Client(config('rieltime.url'), config('rieltime.key'), attempts: 2, timeout: 10.0));
        $this->app->bind(Webhook::class, static fn (): Webhook => new Webhook(config('rieltime.webhook_secret')));
        $this->app->bind(Sale::class, static fn (Application $app): Sale => new Sale(
            $app->make(Client::class),
            new Orders(DB::connection()->getPdo()),
            static fn (string $reference) => Log::info("fulfil $reference"), // what is due for a paid order
        ));
    }

    public function boot(): void
    {
        $this->loadRoutesFrom(base_path('routes/rieltime.php'));
    }
}
