<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\MapOfTexts;

/** One attempt to pay a session. */
final class Payment
{
    /**
     * @param Rate|null $rate by which amount was made of the price; null: it is the price
     * @param string $priceAmount the session's
     * @param string $merchantReference the session's reference
     * @param string $providerReference Rieltime's at the provider
     * @param array<string, string> $metadata the session's
     * @param string|null $review "late", "duplicate", "mismatch", "claimed", "contested" or "unknown"
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $id,
        public readonly string $object,
        public readonly string $session,
        public readonly string $mode,
        public readonly string $status,
        public readonly string $provider,
        public readonly string $method,
        public readonly string $amount,
        public readonly string $currency,
        public readonly ?Rate $rate,
        public readonly string $priceAmount,
        public readonly string $priceCurrency,
        public readonly string $merchantReference,
        public readonly string $providerReference,
        #[MapOfTexts] public readonly array $metadata,
        public readonly ?string $failureCode,
        public readonly ?string $failureMessage,
        public readonly ?string $review,
        public readonly ?ReviewDecision $reviewDecision,
        public readonly string $amountRefunded,
        public readonly ?Proof $proof,
        public readonly \DateTimeImmutable $createdAt,
        public readonly \DateTimeImmutable $expiresAt,
        public readonly ?\DateTimeImmutable $closedAt,
        public readonly array $extra = [],
    ) {
    }
}
