<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\Checkout\Outcome;
use App\Checkout\Sale;
use Illuminate\Contracts\View\View;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Request;
use Rieltime\ApiException;
use Rieltime\RieltimeException;

final class ShopController
{
    public function show(): View
    {
        return view('rieltime.shop');
    }

    public function buy(Sale $sale): RedirectResponse
    {
        try {
            return redirect()->away($sale->start(route('rieltime.thanks'), route('rieltime.shop')), 303);
        } catch (RieltimeException $error) {
            report($error);
            return redirect()->route('rieltime.shop')->with('problem', 'Something went wrong, and nothing was paid. Please try again.');
        }
    }

    public function thanks(Request $request, Sale $sale): View
    {
        $session = $request->query('session_id');
        abort_unless(is_string($session) && $session !== '', 404);
        try {
            $outcome = $sale->check($session);
        } catch (ApiException $error) {
            abort_if($error->status === 404, 404);
            report($error);
            $outcome = Outcome::NotPaid; // not known: the page offers to check again
        } catch (RieltimeException $error) {
            report($error);
            $outcome = Outcome::NotPaid;
        }
        abort_if($outcome === Outcome::Unknown, 404);
        return view('rieltime.thanks', ['outcome' => $outcome]);
    }
}
