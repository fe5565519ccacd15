<?php

declare(strict_types=1);

namespace Rieltime;

/** What is known of the buyer. */
final class Customer
{
    /**
     * @param string|null $id yours, of a buyer who has logged in
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly ?string $id = null,
        public readonly ?string $name = null,
        public readonly ?string $email = null,
        public readonly ?string $phone = null,
        public readonly array $extra = [],
    ) {
    }
}
