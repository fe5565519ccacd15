<?php

declare(strict_types=1);

namespace Rieltime;

/** What was decided about money that did not fit. */
final class ReviewDecision
{
    /**
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $decision,
        public readonly ?string $note,
        public readonly \DateTimeImmutable $decidedAt,
        public readonly array $extra = [],
    ) {
    }
}
