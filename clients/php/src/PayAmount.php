<?php

declare(strict_types=1);

namespace Rieltime;

/** An amount by which a session can be paid. */
final class PayAmount
{
    /**
     * @param Rate|null $rate null: it is the price itself
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $amount,
        public readonly string $currency,
        public readonly ?Rate $rate,
        public readonly array $extra = [],
    ) {
    }
}
