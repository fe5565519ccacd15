<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\ListOf;
use Rieltime\Internal\MapOfTexts;

/** One purchase: status goes from "open" to "complete", "expired" or "canceled". */
final class Session
{
    /**
     * @param string $url where to send the buyer
     * @param list<LineItem> $lineItems
     * @param list<string>|null $paymentMethods
     * @param list<string>|null $payCurrencies as you asked; null: as your merchant file says
     * @param list<PayAmount> $payAmounts of which the buyer pays one, the price first
     * @param array<string, string> $metadata
     * @param string|null $payment what completed it
     * @param array<string, mixed> $extra fields that this version does not know
     */
    public function __construct(
        public readonly string $id,
        public readonly string $object,
        public readonly string $url,
        public readonly string $mode,
        public readonly string $status,
        public readonly string $amount,
        public readonly string $currency,
        public readonly string $reference,
        public readonly ?string $description,
        #[ListOf(LineItem::class)] public readonly array $lineItems,
        public readonly Customer $customer,
        public readonly ?string $successUrl,
        public readonly ?string $cancelUrl,
        #[ListOf('string')] public readonly ?array $paymentMethods,
        #[ListOf('string')] public readonly ?array $payCurrencies,
        #[ListOf(PayAmount::class)] public readonly array $payAmounts,
        public readonly ?string $locale,
        #[MapOfTexts] public readonly array $metadata,
        public readonly ?string $payment,
        public readonly ?string $paymentLink,
        public readonly \DateTimeImmutable $createdAt,
        public readonly \DateTimeImmutable $expiresAt,
        public readonly ?\DateTimeImmutable $closedAt,
        public readonly array $extra = [],
    ) {
    }
}
