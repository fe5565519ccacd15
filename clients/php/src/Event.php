<?php

declare(strict_types=1);

namespace Rieltime;

/** What happened. sequence is its place in the merchant's feed of its mode: 1, 2, 3 … without a gap. */
final class Event
{
    /**
     * @param string $object a webhook's body does not have it
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly int $sequence,
        public readonly string $id,
        public readonly string $type,
        public readonly \DateTimeImmutable $timestamp,
        public readonly string $mode,
        public readonly EventData $data,
        public readonly string $object = 'event',
        public readonly array $extra = [],
    ) {
    }
}
