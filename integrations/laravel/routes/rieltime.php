<?php

declare(strict_types=1);

use App\Http\Controllers\ShopController;
use Illuminate\Support\Facades\Route;

Route::get('/coffee', [ShopController::class, 'show'])->name('rieltime.shop');
Route::post('/coffee', [ShopController::class, 'buy']);
Route::get('/coffee/thanks', [ShopController::class, 'thanks'])->name('rieltime.thanks');
