<?php

declare(strict_types=1);

namespace App\Checkout;

use Rieltime\Client;
use Rieltime\Session;

/** Sells one thing. It knows nothing of the framework. */
final class Sale
{
    private const AMOUNT = '2.50';
    private const CURRENCY = 'USD';

    /** @param \Closure(string): void $fulfil does what is due for a paid order, once */
    public function __construct(
        private readonly Client $client,
        private readonly Orders $orders,
        private readonly \Closure $fulfil,
    ) {
    }

    /** Makes an order with its session, and returns where to send the buyer. */
    public function start(string $thanks, string $cancel): string
    {
        $reference = 'ORDER-' . bin2hex(random_bytes(8));
        $this->orders->add($reference, self::AMOUNT, self::CURRENCY);
        $session = $this->client->createSession(
            amount: self::AMOUNT,
            currency: self::CURRENCY,
            reference: $reference,
            description: 'Iced coffee',
            successUrl: $thanks,
            cancelUrl: $cancel,
            idempotencyKey: $reference,
        );
        $this->orders->setSession($reference, $session->id);
        return $session->url;
    }

    /** Reads a session and settles its order: that the buyer came back proves nothing. */
    public function check(string $session): Outcome
    {
        return $this->settle($this->client->getSession($session));
    }

    /**
     * Settles an order by a session that was read from the API or from a verified webhook.
     * It never takes back that an order is paid.
     */
    public function settle(Session $session): Outcome
    {
        $order = $this->orders->find($session->reference);
        if ($order === null) {
            return Outcome::Unknown;
        }

        // An order without a session: the answer that named it was lost.
        $itsOwn = $order['session'] === null || $order['session'] === $session->id;
        if (!$itsOwn || $order['amount'] !== $session->amount || $order['currency'] !== $session->currency) {
            return Outcome::Mismatch;
        }
        if ($session->status !== 'complete') {
            return $order['paid_at'] === null ? Outcome::NotPaid : Outcome::Paid;
        }

        $this->orders->pay($session->reference, $session->id, fn () => ($this->fulfil)($session->reference));
        return Outcome::Paid;
    }
}
