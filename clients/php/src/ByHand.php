<?php

declare(strict_types=1);

namespace Rieltime;

/** Who gave money back outside of any provider. */
final class ByHand
{
    /**
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $by,
        public readonly ?string $note = null,
        public readonly array $extra = [],
    ) {
    }
}
