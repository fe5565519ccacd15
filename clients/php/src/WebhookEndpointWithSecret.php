<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\ListOf;

/** An endpoint with its secret, which is shown once. */
final class WebhookEndpointWithSecret
{
    /**
     * @param list<string> $events
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $id,
        public readonly string $object,
        public readonly string $mode,
        public readonly string $url,
        #[ListOf('string')] public readonly array $events,
        public readonly ?string $description,
        public readonly bool $disabled,
        public readonly ?string $disabledReason,
        public readonly ?\DateTimeImmutable $failingSince,
        public readonly ?\DateTimeImmutable $previousSecretUntil,
        public readonly \DateTimeImmutable $createdAt,
        public readonly string $secret,
        public readonly array $extra = [],
    ) {
    }
}
