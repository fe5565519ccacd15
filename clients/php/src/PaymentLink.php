<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\ListOf;

/** An address that opens a new session for whoever visits it. */
final class PaymentLink
{
    /**
     * @param string|null $amount null when the buyer chooses
     * @param list<string>|null $paymentMethods
     * @param list<string>|null $payCurrencies as you asked; null: as your merchant file says
     * @param int|null $maxUses null is unlimited
     * @param list<CustomField> $customFields
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $id,
        public readonly string $object,
        public readonly string $url,
        public readonly string $mode,
        public readonly bool $active,
        public readonly ?string $amount,
        public readonly ?string $amountMin,
        public readonly ?string $amountMax,
        public readonly string $currency,
        public readonly string $description,
        public readonly string $referencePrefix,
        public readonly ?string $successUrl,
        public readonly ?string $cancelUrl,
        #[ListOf('string')] public readonly ?array $paymentMethods,
        #[ListOf('string')] public readonly ?array $payCurrencies,
        public readonly ?string $locale,
        public readonly ?int $maxUses,
        public readonly int $uses,
        public readonly ?\DateTimeImmutable $expiresAt,
        #[ListOf(CustomField::class)] public readonly array $customFields,
        public readonly \DateTimeImmutable $createdAt,
        public readonly array $extra = [],
    ) {
    }
}
