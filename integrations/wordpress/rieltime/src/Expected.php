<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

use Rieltime\Session;

/** What the shop asked of a session. The amount is decimal text as Amount writes it. */
final class Expected
{
    public function __construct(
        public readonly string $session,
        public readonly string $reference,
        public readonly string $amount,
        public readonly string $currency,
        public readonly string $mode,
    ) {
    }

    /** Compares with a session that came from the API or a verified webhook. */
    public function compare(Session $session): Outcome
    {
        $fits = $session->id === $this->session
            && $session->reference === $this->reference
            && $session->amount === $this->amount
            && $session->currency === $this->currency
            && $session->mode === $this->mode;
        if (!$fits) {
            return Outcome::Mismatch;
        }
        return match ($session->status) {
            'complete' => Outcome::Paid,
            'expired', 'canceled' => Outcome::Closed,
            default => Outcome::Open, // a status that this version does not know proves nothing
        };
    }
}
