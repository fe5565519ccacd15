<?php

declare(strict_types=1);

namespace Rieltime;

/**
 * What an event is about, as it was: by the object's own "object", one of the classes
 * below; an object that this version does not know stays as it was parsed.
 */
final class EventData
{
    /** @param array<string, mixed> $extra fields that this version does not know */
    public function __construct(
        public readonly Session|Payment|Refund|EventDigest|WebhookEndpoint|\stdClass $object,
        public readonly array $extra = [],
    ) {
    }
}
