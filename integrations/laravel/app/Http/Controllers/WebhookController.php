<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\Checkout\Outcome;
use App\Checkout\Sale;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Support\Facades\Log;
use Rieltime\Session;
use Rieltime\Webhook;
use Rieltime\WebhookException;

final class WebhookController
{
    public function __invoke(Request $request, Webhook $webhook, Sale $sale): Response
    {
        try {
            $event = $webhook->verify($request->headers->all(), $request->getContent());
        } catch (WebhookException) {
            return response('refused', 400);
        }

        // What is thrown here is answered 500, and the event comes again.
        $session = $event->data->object;
        if ($event->type === 'checkout.session.completed' && $session instanceof Session) {
            $outcome = $sale->settle($session);
            if ($outcome !== Outcome::Paid) {
                Log::error('a paid session does not fit its order', ['session' => $session->id, 'outcome' => $outcome->name]);
            }
        }
        return response()->noContent();
    }
}
