<?php

declare(strict_types=1);

namespace Rieltime;

/** One try; status is null when no answer came. */
final class DeliveryAttempt
{
    /**
     * @param string|null $answer the first bytes
     * @param string|null $error why the event was not taken; null when it was
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly \DateTimeImmutable $at,
        public readonly ?int $status,
        public readonly ?string $answer,
        public readonly ?string $error,
        public readonly int $tookMs,
        public readonly bool $delivered,
        public readonly array $extra = [],
    ) {
    }
}
