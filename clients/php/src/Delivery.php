<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\ListOf;

/** One event on its way to one endpoint: "pending", "delivered" or "failed". */
final class Delivery
{
    /**
     * @param list<DeliveryAttempt> $attempts
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $id,
        public readonly string $object,
        public readonly string $mode,
        public readonly string $endpoint,
        public readonly string $event,
        public readonly string $eventType,
        public readonly string $status,
        #[ListOf(DeliveryAttempt::class)] public readonly array $attempts,
        public readonly ?\DateTimeImmutable $nextAttemptAt,
        public readonly \DateTimeImmutable $createdAt,
        public readonly array $extra = [],
    ) {
    }
}
