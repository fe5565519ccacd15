<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\MapOfTexts;

/** Money given back: "pending", "succeeded" or "failed". */
final class Refund
{
    /**
     * @param string $provider or "manual"
     * @param string $merchantReference the session's reference
     * @param string|null $providerReference Rieltime's at the provider; null when made by hand
     * @param array<string, string> $metadata the session's
     * @param \DateTimeImmutable|null $acknowledgedAt when the provider first said that it has it
     * @param \DateTimeImmutable|null $unresolvedAt since when nobody knows what became of it
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $id,
        public readonly string $object,
        public readonly string $mode,
        public readonly string $status,
        public readonly string $payment,
        public readonly string $session,
        public readonly string $provider,
        public readonly string $amount,
        public readonly string $currency,
        public readonly string $merchantReference,
        public readonly ?string $providerReference,
        #[MapOfTexts] public readonly array $metadata,
        public readonly string $reason,
        public readonly ?ByHand $byHand,
        public readonly ?string $transactionId,
        public readonly ?string $failureCode,
        public readonly \DateTimeImmutable $createdAt,
        public readonly ?\DateTimeImmutable $closedAt,
        public readonly ?\DateTimeImmutable $acknowledgedAt,
        public readonly ?\DateTimeImmutable $unresolvedAt,
        public readonly array $extra = [],
    ) {
    }
}
