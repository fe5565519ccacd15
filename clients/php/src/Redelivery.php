<?php

declare(strict_types=1);

namespace Rieltime;

/** How many deliveries were queued. */
final class Redelivery
{
    /**
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $object,
        public readonly int $queued,
        public readonly array $extra = [],
    ) {
    }
}
