<?php

declare(strict_types=1);

namespace Rieltime;

/** One thing that the buyer is asked. */
final class CustomField
{
    /**
     * @param int $maxLength characters
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $key,
        public readonly string $label,
        public readonly bool $required,
        public readonly int $maxLength,
        public readonly array $extra = [],
    ) {
    }
}
