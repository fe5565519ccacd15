<?php

declare(strict_types=1);

namespace Rieltime;

/** What the provider said about the money it took. */
final class Proof
{
    /**
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $amount,
        public readonly string $currency,
        public readonly string $provider,
        public readonly string $source,
        public readonly string $providerReference,
        public readonly ?string $payee,
        public readonly ?string $transactionId,
        public readonly ?\DateTimeImmutable $paidAt,
        public readonly \DateTimeImmutable $seenAt,
        public readonly mixed $raw,
        public readonly array $extra = [],
    ) {
    }
}
