<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

/** Amounts as the API writes them: "12.50" dollars, "50000" riel; never a float. */
final class Amount
{
    private const DECIMALS = ['USD' => 2, 'KHR' => 0, 'MYR' => 2, 'IDR' => 2];

    public static function takes(string $currency): bool
    {
        return isset(self::DECIMALS[$currency]);
    }

    /**
     * Returns the API's text of an amount. It rounds nothing.
     *
     * @throws \InvalidArgumentException for what is no amount of the currency
     */
    public static function text(string $amount, string $currency): string
    {
        $decimals = self::DECIMALS[$currency] ?? throw new \InvalidArgumentException("Rieltime takes no $currency");
        if (preg_match('/^(\d{1,12})(?:\.(\d{1,8}))?$/D', trim($amount), $parts) !== 1) {
            throw new \InvalidArgumentException('this is not an amount');
        }

        $fraction = rtrim($parts[2] ?? '', '0');
        if (strlen($fraction) > $decimals) {
            throw new \InvalidArgumentException("$currency has $decimals decimals");
        }
        $whole = ltrim($parts[1], '0');
        return ($whole === '' ? '0' : $whole) . ($decimals > 0 ? '.' . str_pad($fraction, $decimals, '0') : '');
    }

    /** Returns how many cents or riel a text of text() is. */
    public static function units(string $text): int
    {
        return (int) str_replace('.', '', $text);
    }
}
