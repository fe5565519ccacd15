<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

/**
 * What a button sells. The page carries it with a signature, so that a buyer can change
 * neither the price nor the bounds; it holds for two days, as pages may come from a cache.
 */
final class Offer
{
    private const LIFE = 2 * 24 * 3600;

    /** Between which amounts a buyer chooses, where the author set no bounds. */
    private const BOUNDS = ['KHR' => ['1000', '4000000'], 'IDR' => ['10000', '15000000']];
    private const OTHER_BOUNDS = ['1', '1000'];

    /** @param string|null $amount null when the buyer chooses, between $least and $most */
    private function __construct(
        public readonly ?string $amount,
        public readonly string $least,
        public readonly string $most,
        public readonly string $currency,
        public readonly string $description,
        public readonly int $page,
    ) {
    }

    /**
     * Reads the attributes of a block or shortcode, which the author of the page wrote.
     *
     * @param array<string, mixed> $attributes
     * @throws \InvalidArgumentException with what is wrong with them
     */
    public static function of(array $attributes, int $page): self
    {
        $given = static fn (string $name): string => trim((string) ($attributes[$name] ?? ''));
        $currency = strtoupper($given('currency')) ?: 'USD';
        $amount = $given('amount') === '' ? null : Amount::text($given('amount'), $currency);
        if ($amount !== null && Amount::units($amount) === 0) {
            throw new \InvalidArgumentException('the amount is zero');
        }

        [$min, $max] = self::BOUNDS[$currency] ?? self::OTHER_BOUNDS;
        $least = Amount::text($given('min') ?: $min, $currency);
        $most = Amount::text($given('max') ?: $max, $currency);
        if (Amount::units($least) === 0 || Amount::units($least) > Amount::units($most)) {
            throw new \InvalidArgumentException('min is zero or more than max');
        }
        return new self($amount, $least, $most, $currency, mb_substr($given('description'), 0, 500), $page);
    }

    /** @throws \InvalidArgumentException for a chosen amount that the offer does not take */
    public function amountFor(string $chosen): string
    {
        if ($this->amount !== null) {
            return $this->amount; // whatever the browser says
        }
        $amount = Amount::text($chosen, $this->currency);
        if (Amount::units($amount) < Amount::units($this->least) || Amount::units($amount) > Amount::units($this->most)) {
            throw new \InvalidArgumentException('the amount is out of bounds');
        }
        return $amount;
    }

    public function sign(#[\SensitiveParameter] string $secret, int $now): string
    {
        $body = base64_encode(json_encode(['offer' => get_object_vars($this), 'made' => $now], JSON_THROW_ON_ERROR));
        return $body . '.' . hash_hmac('sha256', $body, $secret);
    }

    /** Returns the offer that sign() signed; null for any other text, or when it is too old. */
    public static function open(string $signed, #[\SensitiveParameter] string $secret, int $now): ?self
    {
        [$body, $signature] = explode('.', $signed, 2) + [1 => ''];
        if (!hash_equals(hash_hmac('sha256', $body, $secret), $signature)) {
            return null;
        }
        $held = json_decode((string) base64_decode($body), true);
        return $now - $held['made'] > self::LIFE ? null : new self(...$held['offer']);
    }
}
