<?php

declare(strict_types=1);

namespace Rieltime;

/** A rate of exchange: one base is value of quote. */
final class Rate
{
    /**
     * @param string $value decimal text
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $base,
        public readonly string $quote,
        public readonly string $value,
        public readonly array $extra = [],
    ) {
    }
}
