<?php

declare(strict_types=1);

namespace Rieltime\Tests;

use PHPUnit\Framework\TestCase;
use Rieltime\EventDigest;
use Rieltime\Webhook;
use Rieltime\WebhookException;

final class WebhookTest extends TestCase
{
    private const KEY = 'a key of twenty-four byte';
    private const MOMENT = 1_795_000_000;
    private const BODY = '{"id":"evt_1","sequence":3,"type":"refund.vanished","timestamp":"2026-11-21T08:00:00Z","mode":"test","data":{"object":{"object":"voucher","id":"vo_1"}}}';

    /** @return array<string, string> */
    private static function signed(string $body = self::BODY, string $key = self::KEY): array
    {
        $at = self::MOMENT;
        $signature = base64_encode(hash_hmac('sha256', "evt_1.$at.$body", $key, true));
        return ['Webhook-Id' => 'evt_1', 'webhook-timestamp' => "$at", 'WEBHOOK-SIGNATURE' => "v1,$signature"];
    }

    private static function verifier(int $now = self::MOMENT): Webhook
    {
        return new Webhook('whsec_' . base64_encode(self::KEY), static fn (): int => $now);
    }

    public function testSignedWebhookIsReadAlsoOfAKindThatIsNotKnown(): void
    {
        $lists = array_map(static fn (string $value): array => [$value], self::signed());
        foreach ([self::signed(), $lists] as $headers) {
            $event = self::verifier(self::MOMENT + 299)->verify($headers, self::BODY);
            $this->assertSame(['evt_1', 3, 'refund.vanished'], [$event->id, $event->sequence, $event->type]);
            $this->assertEquals((object) ['object' => 'voucher', 'id' => 'vo_1'], $event->data->object);
        }
    }

    public function testPaymentOfAnEarlierEventIsReadWithWhatIsPaidAsItsPrice(): void
    {
        $payment = '{"object":"payment","id":"pay_1","session":"cs_1","mode":"live","status":"succeeded","provider":"bakong","method":"khqr","amount":"5.50","currency":"USD",'
            . '"merchant_reference":"order-1","provider_reference":"r1","metadata":{},"amount_refunded":"0.00","created_at":"2026-11-21T08:00:00Z","expires_at":"2026-11-21T08:10:00Z"}';
        $event = static fn (string $payment): string => '{"id":"evt_1","sequence":3,"type":"payment.succeeded","timestamp":"2026-11-21T08:00:00Z","mode":"live","data":{"object":' . $payment . '}}';
        foreach ([[$payment, '5.50', 'USD'], [substr($payment, 0, -1) . ',"price_amount":"22000","price_currency":"KHR"}', '22000', 'KHR']] as [$sent, $amount, $currency]) {
            $read = self::verifier()->verify(self::signed($event($sent)), $event($sent))->data->object;
            $this->assertSame([$amount, $currency, []], [$read->priceAmount, $read->priceCurrency, $read->extra]);
        }
    }

    public function testOneOfSeveralSignaturesIsEnough(): void
    {
        $headers = self::signed();
        $headers['WEBHOOK-SIGNATURE'] = "v1,AAAA v1a,xyz {$headers['WEBHOOK-SIGNATURE']} v1,é";
        $this->assertSame('evt_1', self::verifier()->verify($headers, self::BODY)->id);
    }

    public function testPublishedVectorOfStandardWebhooksPasses(): void
    {
        $webhook = new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', static fn (): int => 1614265330);
        $headers = [
            'webhook-id' => 'msg_p5jXN8AQM9LWM0D4loKWxJek',
            'webhook-timestamp' => '1614265330',
            'webhook-signature' => 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
        ];
        $webhook->check($headers, '{"test": 2432232314}');
        $this->expectException(WebhookException::class);
        $webhook->check($headers, '{"test": 2432232315}');
    }

    public function testForgedChangedAndOldWebhooksAreRefused(): void
    {
        $good = self::signed();
        $now = self::MOMENT;
        $cases = [
            'another body' => [$good, self::BODY . ' ', $now],
            'another id' => [['Webhook-Id' => 'evt_2'] + $good, self::BODY, $now],
            'another time' => [['webhook-timestamp' => (string) ($now + 1)] + $good, self::BODY, $now],
            'another key' => [self::signed(key: 'another'), self::BODY, $now],
            'no signature' => [['WEBHOOK-SIGNATURE' => ''] + $good, self::BODY, $now],
            'nonsense' => [['WEBHOOK-SIGNATURE' => "v1,%%% v2,x v1,\xff"] + $good, self::BODY, $now],
            'a time behind a blank' => [['webhook-timestamp' => "$now\n"] + $good, self::BODY, $now],
            'no headers' => [[], self::BODY, $now],
            'lists of nothing' => [['webhook-timestamp' => []], self::BODY, $now],
            'too old' => [$good, self::BODY, $now + 301],
            'from the future' => [$good, self::BODY, $now - 301],
            'no event' => [self::signed('{}'), '{}', $now],
            'no JSON' => [self::signed('x'), 'x', $now],
        ];
        foreach ($cases as $name => [$headers, $body, $at]) {
            try {
                self::verifier($at)->verify($headers, $body);
                $this->fail($name);
            } catch (WebhookException $error) {
                $this->assertNotSame('', $error->getMessage());
            }
        }
    }

    public function testWhatIsNoSecretIsRefusedWithoutShowingIt(): void
    {
        foreach (['', 'whsec_', 'whsec_%%%'] as $secret) {
            try {
                new Webhook($secret);
                $this->fail($secret);
            } catch (\InvalidArgumentException $error) {
                $this->assertStringNotContainsString('%%%', $error->getMessage());
            }
        }
        $this->assertStringNotContainsString(self::KEY, print_r(self::verifier(), true));
    }

    public function testDigestMatchesTheIdsOfItsEventsAlone(): void
    {
        $digest = new EventDigest('event_digest', '2026-11-28', 2, 7, 8, hash('sha256', "evt_a\nevt_b\n"));
        $this->assertTrue($digest->matches(['evt_a', 'evt_b']));
        foreach ([[], ['evt_a'], ['evt_b', 'evt_a'], ['evt_a', 'evt_b', 'evt_c'], ["evt_a\nevt_b"]] as $ids) {
            $this->assertFalse($digest->matches($ids));
        }
    }
}
