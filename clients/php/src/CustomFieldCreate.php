<?php

declare(strict_types=1);

namespace Rieltime;

/** One thing to ask the buyer. */
final class CustomFieldCreate
{
    public function __construct(
        public readonly string $key,
        public readonly string $label,
        public readonly ?bool $required = null,
        public readonly ?int $maxLength = null,
    ) {
    }
}
