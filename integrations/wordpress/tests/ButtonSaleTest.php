<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

use PHPUnit\Framework\TestCase;
use Rieltime\NoAnswerException;
use Rieltime\Plugin\ButtonPayments;
use Rieltime\Plugin\ButtonSale;
use Rieltime\Plugin\Offer;
use Rieltime\Plugin\Outcome;
use Rieltime\Plugin\Settings;
use Rieltime\Session;
use Rieltime\Tests\Server;
use Rieltime\WebhookException;

final class ButtonSaleTest extends TestCase
{
    private ButtonPayments $payments;
    private Offer $offer;

    protected function setUp(): void
    {
        \WordPress::$actions = [];
        $this->payments = new ButtonPayments(new \wpdb());
        $this->offer = Offer::of(['amount' => '2.50', 'description' => 'Iced coffee'], 7);
        $this->payments->add('WPB-1', '2.50', 'test', $this->offer);
        $this->payments->setSession('WPB-1', 'cs_1');
    }

    private function sale(string $url = 'http://127.0.0.1:1', bool $test = true): ButtonSale
    {
        return new ButtonSale(new Settings(['url' => $url, 'test_mode' => $test, 'test_key' => 'sk_test_1', 'live_key' => 'sk_live_1']), $this->payments);
    }

    private function session(mixed ...$fields): Session
    {
        $session = Sessions::event('checkout.session.completed', Sessions::object(...$fields))->data->object;
        assert($session instanceof Session);
        return $session;
    }

    public function testButtonMakesASessionAndReadsItBack(): void
    {
        $server = new Server(Sessions::answer('open', 'WPB-any', id: 'cs_9'));
        $made = '';
        $url = $this->sale($server->url)->start($this->offer, '2.50', function (string $reference) use (&$made): string {
            $made = $reference;
            return 'https://shop.example/thanks';
        }, 'https://shop.example/');
        $this->assertSame('https://pay.example/c/cs_9', $url);
        $sent = json_decode($server->seen()[0]->body);
        $this->assertSame(['2.50', 'USD', $made, 'Iced coffee'], [$sent->amount, $sent->currency, $sent->reference, $sent->description]);
        $this->assertSame($made, $server->seen()[0]->headers->{'idempotency-key'});

        $paid = new Server(Sessions::answer('complete', $made, id: 'cs_9'));
        $this->assertSame(Outcome::Paid, $this->sale($paid->url)->check($made));
        $this->assertSame('/v1/checkout/sessions/cs_9', $paid->seen()[0]->path);
        $this->assertSame(Outcome::Paid, $this->sale()->check($made)); // asks nobody
    }

    public function testPaymentIsSettledOnceByWebhookAndReturn(): void
    {
        foreach (range(1, 3) as $_) {
            $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session('complete', 'WPB-1')));
        }
        $this->assertCount(1, \WordPress::$actions['rieltime_paid']);
        $this->assertSame('WPB-1', \WordPress::$actions['rieltime_paid'][0][0]);
    }

    public function testNothingTakesBackThatAPaymentIsPaid(): void
    {
        $this->assertSame(Outcome::Open, $this->sale()->settle($this->session('open', 'WPB-1')));
        $this->assertSame(Outcome::Closed, $this->sale()->settle($this->session('expired', 'WPB-1')));
        $this->assertSame(Outcome::Open, $this->sale()->settle($this->session('frozen', 'WPB-1')));
        $this->assertSame([], \WordPress::$actions);
        $this->sale()->settle($this->session('complete', 'WPB-1'));
        $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session('expired', 'WPB-1')));
    }

    public function testSessionThatIsNotThePaymentsPaysNothing(): void
    {
        foreach ([['amount' => '0.01'], ['currency' => 'KHR'], ['id' => 'cs_2'], ['mode' => 'live']] as $other) {
            $this->assertSame(Outcome::Mismatch, $this->sale()->settle($this->session('complete', 'WPB-1', ...$other)));
        }
        $this->assertSame(Outcome::Unknown, $this->sale()->settle($this->session('complete', 'WPB-2')));
        $this->assertSame(Outcome::Unknown, $this->sale()->check('WPB-2'));
        $this->assertSame([], \WordPress::$actions);
    }

    public function testPaymentIsAskedAboutInItsOwnMode(): void
    {
        $server = new Server(Sessions::answer('open', 'WPB-1'));
        $this->assertSame(Outcome::Open, $this->sale($server->url, test: false)->check('WPB-1'));
        $this->assertSame('Bearer sk_test_1', $server->seen()[0]->headers->authorization);
    }

    public function testPaymentWhoseSessionWasNotLearntIsPaidByTheWebhook(): void
    {
        $this->payments->add('WPB-3', '2.50', 'test', $this->offer);
        $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session('complete', 'WPB-3', id: 'cs_3')));
    }

    public function testNoAnswerIsNotAnOutcome(): void
    {
        $this->expectException(NoAnswerException::class);
        $this->sale()->check('WPB-1');
    }

    public function testWebhookIsTakenInTheModeOfItsSecret(): void
    {
        $secrets = ['test' => 'whsec_' . base64_encode(str_repeat('t', 24)), 'live' => 'whsec_' . base64_encode(str_repeat('l', 24))];
        $settings = new Settings(['test_secret' => $secrets['test'], 'live_secret' => $secrets['live']]);
        $signed = static function (string $secret, string $mode): array {
            $body = json_encode(['sequence' => 1, 'id' => 'evt_1', 'type' => 'x', 'timestamp' => '2026-11-21T08:00:00Z', 'mode' => $mode, 'data' => ['object' => ['object' => 'x']]], JSON_THROW_ON_ERROR);
            $time = (string) time();
            $signature = 'v1,' . base64_encode(hash_hmac('sha256', "evt_1.$time.$body", base64_decode(substr($secret, 6)), true));
            return [['webhook-id' => 'evt_1', 'webhook-timestamp' => $time, 'webhook-signature' => $signature], $body];
        };
        foreach (['test', 'live'] as $mode) {
            $this->assertSame($mode, $settings->verify(...$signed($secrets[$mode], $mode))->mode);
        }

        $this->expectException(WebhookException::class);
        $settings->verify(...$signed($secrets['test'], 'live')); // who has the test secret pays nothing for real
    }
}
