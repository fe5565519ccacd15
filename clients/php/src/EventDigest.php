<?php

declare(strict_types=1);

namespace Rieltime;

/**
 * The object of an events.digest event: the events from firstSequence to lastSequence,
 * which are those after the last digest, up to the last one of the day.
 */
final class EventDigest
{
    /**
     * @param string $date in Cambodia, such as 2026-11-28
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $object,
        public readonly string $date,
        public readonly int $count,
        public readonly int $firstSequence,
        public readonly int $lastSequence,
        public readonly string $idsSha256,
        public readonly array $extra = [],
    ) {
    }

    /**
     * Reports whether the ids, in the order of their events' sequence, are those of the
     * digest. If not, read the feed again after firstSequence - 1.
     *
     * @param list<string> $ids
     */
    public function matches(array $ids): bool
    {
        $text = implode('', array_map(static fn (string $id): string => "$id\n", $ids));
        return count($ids) === $this->count && hash('sha256', $text) === $this->idsSha256;
    }
}
