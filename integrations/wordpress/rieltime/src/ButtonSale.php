<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

use Rieltime\RieltimeException;
use Rieltime\Session;

/** Sells what buttons offer: makes sessions, and settles their payments. */
final class ButtonSale
{
    public const PREFIX = 'WPB-'; // of references

    public function __construct(
        private readonly Settings $settings,
        private readonly ButtonPayments $payments,
    ) {
    }

    /**
     * Makes a payment with its session, and returns where to send the buyer.
     *
     * @param \Closure(string): string $thanks the address to return to, for a reference
     * @throws RieltimeException
     */
    public function start(Offer $offer, string $amount, \Closure $thanks, string $cancel): string
    {
        $reference = self::PREFIX . bin2hex(random_bytes(12));
        $mode = $this->settings->mode();
        $this->payments->add($reference, $amount, $mode, $offer);
        $session = $this->settings->client($mode)->createSession(
            amount: $amount,
            currency: $offer->currency,
            reference: $reference,
            successUrl: $thanks($reference),
            cancelUrl: $cancel,
            description: $offer->description === '' ? null : $offer->description,
            idempotencyKey: $reference,
        );
        $this->payments->setSession($reference, $session->id);
        return $session->url;
    }

    /**
     * Reads the session of a payment back and settles it: that the buyer came back proves
     * nothing.
     *
     * @throws RieltimeException
     */
    public function check(string $reference): Outcome
    {
        $payment = $this->payments->find($reference);
        if ($payment === null || $payment->session === '') {
            return Outcome::Unknown;
        }
        if ($payment->paid_at !== null) {
            return Outcome::Paid;
        }
        return $this->settle($this->settings->client($payment->mode)->getSession($payment->session));
    }

    /**
     * Settles a payment by a session that came from the API or from a verified webhook.
     * The action rieltime_paid follows once. It never takes back that a payment is paid.
     */
    public function settle(Session $session): Outcome
    {
        $payment = $this->payments->find($session->reference);
        if ($payment === null) {
            return Outcome::Unknown;
        }

        // Its session may be missing: the webhook can be faster than the answer that names it.
        $expected = new Expected($payment->session ?: $session->id, $payment->reference, $payment->amount, $payment->currency, $payment->mode);
        $outcome = $expected->compare($session);
        if ($outcome !== Outcome::Paid) {
            return $payment->paid_at === null ? $outcome : Outcome::Paid;
        }

        if ($this->payments->markPaid($payment->reference)) {
            do_action('rieltime_paid', $payment->reference, $session);
        }
        return Outcome::Paid;
    }
}
