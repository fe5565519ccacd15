<?php

declare(strict_types=1);

namespace Rieltime;

/** One line of what is bought; amount is for one piece. */
final class LineItem
{
    /**
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $name,
        public readonly int $quantity,
        public readonly string $amount,
        public readonly array $extra = [],
    ) {
    }
}
