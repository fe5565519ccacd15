<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

use PHPUnit\Framework\TestCase;
use Rieltime\Plugin\Amount;
use Rieltime\Plugin\Offer;

final class OfferTest extends TestCase
{
    public function testAmountsAreWrittenAsTheApiDoes(): void
    {
        foreach ([['12.5', 'USD', '12.50'], ['12', 'USD', '12.00'], ['012.500', 'USD', '12.50'], ['0.1', 'USD', '0.10'], ['4000.00', 'KHR', '4000'], ['0', 'KHR', '0']] as [$given, $currency, $want]) {
            $this->assertSame($want, Amount::text($given, $currency));
        }
        foreach ([['12.505', 'USD'], ['0.5', 'KHR'], ['-1', 'USD'], ['1e3', 'USD'], ['1,5', 'USD'], ['', 'USD'], ["5\n6", 'USD'], ['9999999999999', 'KHR'], ['1', 'EUR']] as [$given, $currency]) {
            $this->assertRefused(static fn () => Amount::text($given, $currency), "$given $currency");
        }
    }

    public function testFixedPriceStaysWhateverTheBrowserSays(): void
    {
        $offer = Offer::of(['amount' => '20', 'description' => 'A shirt'], 7);
        $this->assertSame('20.00', $offer->amountFor('0.01'));
    }

    public function testChosenAmountIsWithinTheBounds(): void
    {
        $offer = Offer::of(['currency' => 'khr', 'min' => '2000', 'max' => '10000'], 7);
        $this->assertSame('2000', $offer->amountFor('2000'));
        $this->assertSame('10000', $offer->amountFor('10000'));
        foreach (['1999', '10001', '', '5000.5', '-5000'] as $chosen) {
            $this->assertRefused(static fn () => $offer->amountFor($chosen), $chosen);
        }
    }

    public function testAttributesThatSellNothingAreRefused(): void
    {
        foreach ([['amount' => '0'], ['amount' => 'free'], ['currency' => 'EUR', 'amount' => '1'], ['min' => '5', 'max' => '4'], ['min' => '0.00']] as $attributes) {
            $this->assertRefused(static fn () => Offer::of($attributes, 7), json_encode($attributes));
        }
    }

    public function testOnlyItsOwnSignatureOpensAnOfferAndForTwoDays(): void
    {
        $offer = Offer::of(['amount' => '20', 'description' => 'អាវ'], 7);
        $signed = $offer->sign('salt', 1_000_000);
        $this->assertEquals($offer, Offer::open($signed, 'salt', 1_000_000 + 2 * 86400));
        $this->assertNull(Offer::open($signed, 'salt', 1_000_001 + 2 * 86400));
        $this->assertNull(Offer::open($signed, 'another', 1_000_000));

        $cheap = Offer::of(['amount' => '1'], 7)->sign('mine', 1_000_000);
        $mixed = strstr($cheap, '.', true) . strrchr($signed, '.');
        foreach (['', '.', 'e30=.', $mixed, strstr($signed, '.', true)] as $text) {
            $this->assertNull(Offer::open($text, 'salt', 1_000_000));
        }
    }

    private function assertRefused(\Closure $call, string $what): void
    {
        try {
            $call();
        } catch (\InvalidArgumentException) {
            $this->addToAssertionCount(1);
            return;
        }
        $this->fail("$what was taken");
    }
}
