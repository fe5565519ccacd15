<?php

declare(strict_types=1);

use App\Http\Controllers\ShopController;
use App\Http\Controllers\WebhookController;
use Illuminate\Support\Facades\Route;

Route::middleware('web')->group(static function (): void {
    Route::get('/coffee', [ShopController::class, 'show'])->name('rieltime.shop');
    Route::post('/coffee', [ShopController::class, 'buy']);
    Route::get('/coffee/thanks', [ShopController::class, 'thanks'])->name('rieltime.thanks');
});

// Outside of the group "web", whose check of forms would refuse it.
Route::post('/rieltime/webhook', WebhookController::class);
