<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

use PHPUnit\Framework\TestCase;
use Rieltime\ApiException;
use Rieltime\NoAnswerException;
use Rieltime\Plugin\Outcome;
use Rieltime\Plugin\Settings;
use Rieltime\Plugin\WooCommerce\Lock;
use Rieltime\Plugin\WooCommerce\OrderPayments;
use Rieltime\Tests\Server;

/** Orders, by the stand-in of WooCommerce and a server that answers as Rieltime does. */
final class OrderPaymentsTest extends TestCase
{
    private const REFERENCE = 'WC-17-0123456789ab';

    private \wpdb $database;

    /** @var list<?Server> those in use: a server stops when nothing holds it */
    private array $servers = [];

    protected function setUp(): void
    {
        $this->database = new \wpdb();
        Shop::open();
        Shop::addOrder(17);
    }

    protected function tearDown(): void
    {
        $this->assertSame([], $this->database->locks, 'a lock is still held');
    }

    private function payments(?Server $server = null, bool $test = true): OrderPayments
    {
        $this->servers[] = $server;
        $settings = new Settings(['url' => $server->url ?? 'http://127.0.0.1:1', 'test_mode' => $test, 'test_key' => 'sk_test_secret', 'live_key' => 'sk_live_secret']);
        return new OrderPayments($settings, new Lock($this->database), static function (string $line): void {
            Shop::$log[] = $line;
        });
    }

    /** An order whose buyer was sent to the session cs_1 of 2.50 USD. */
    private function sent(): void
    {
        Shop::$orders[17]['meta'] = ['_rieltime_reference' => self::REFERENCE, '_rieltime_session' => 'cs_1', '_rieltime_amount' => '2.50', '_rieltime_mode' => 'test', '_rieltime_attempt' => '1'];
    }

    private function completed(mixed ...$fields): \Rieltime\Event
    {
        return Sessions::event('checkout.session.completed', Sessions::object('complete', self::REFERENCE, ...$fields));
    }

    public function testOrderIsPaidByItsSession(): void
    {
        $server = new Server(Sessions::answer('open', 'WC-17-any'));
        $this->assertSame('https://pay.example/c/cs_1', $this->payments($server)->start(17));
        $sent = json_decode($server->seen()[0]->body);
        $this->assertMatchesRegularExpression('/^WC-17-[0-9a-f]{12}$/', $sent->reference);
        $this->assertSame(['2.50', 'USD'], [$sent->amount, $sent->currency]);
        $this->assertStringContainsString('/order-received/17/', $sent->success_url);
        $this->assertStringContainsString('/order-pay/17/', $sent->cancel_url);
        $this->assertSame([], Shop::$completed);

        $paid = new Server(Sessions::answer('complete', $sent->reference));
        $this->assertSame(Outcome::Paid, $this->payments($paid)->check(17));
        $this->assertSame([17], Shop::$completed);
        $this->assertSame('pay_cs_1', Shop::$orders[17]['transaction_id']);
    }

    public function testRielAreWhole(): void
    {
        Shop::addOrder(18, '40000.00', 'KHR');
        $server = new Server(Sessions::answer('open', 'any', '40000', 'KHR'));
        $this->payments($server)->start(18);
        $this->assertSame('40000', json_decode($server->seen()[0]->body)->amount);

        Shop::addOrder(19, '2.505', 'USD');
        $this->expectException(\InvalidArgumentException::class); // nothing is rounded
        $this->payments()->start(19);
    }

    public function testWebhookAndReturnSettleAnOrderOnce(): void
    {
        $this->sent();
        $server = new Server(Sessions::answer('complete', self::REFERENCE));
        $this->payments()->receive($this->completed());
        $this->assertSame(Outcome::Paid, $this->payments($server)->check(17));
        $this->payments()->receive($this->completed());
        $this->assertSame([17], Shop::$completed);
        $this->assertCount(1, Shop::$notes);
        $this->assertSame([], $server->seen(), 'a paid order asks nobody');
    }

    public function testTheSecondOfTwoAtOnceWaitsOrComesAgain(): void
    {
        $this->sent();
        $this->database->busy = true;
        try {
            $this->payments()->receive($this->completed());
            $this->fail('it did not wait for the lock');
        } catch (\RuntimeException $error) {
            $this->assertStringContainsString('being worked on', $error->getMessage()); // answered 500: Rieltime sends it again
        }
        $this->assertSame([], Shop::$completed);
    }

    public function testNothingTakesBackThatAnOrderIsPaid(): void
    {
        $this->sent();
        $this->payments()->receive($this->completed());
        foreach (['expired', 'canceled', 'open'] as $status) {
            $this->payments()->receive(Sessions::event("checkout.session.$status", Sessions::object($status, self::REFERENCE)));
        }
        $this->payments()->receive($this->payment('payment.failed', null));
        $this->assertSame('processing', Shop::$orders[17]['status']);
        $this->assertCount(1, Shop::$notes);
    }

    public function testFailedAttemptChangesNothing(): void
    {
        $this->sent();
        $this->payments()->receive($this->payment('payment.failed', null));
        $this->assertSame('pending', Shop::$orders[17]['status']);
        $this->assertSame([], Shop::$notes);
    }

    public function testSessionThatDoesNotFitPaysNothing(): void
    {
        foreach ([['amount' => '0.01'], ['currency' => 'KHR'], ['id' => 'cs_2'], ['mode' => 'live']] as $other) {
            $this->setUp();
            $this->sent();
            $this->payments()->receive($this->completed(...$other));
            $this->payments()->receive($this->completed(...$other));
            $this->assertSame([], Shop::$completed);
            $this->assertSame('on-hold', Shop::$orders[17]['status']);
        }
        foreach (['WC-17-ffffffffffff', 'WC-99-0123456789ab', '17', 'WPB-1'] as $reference) {
            $this->payments()->receive(Sessions::event('checkout.session.completed', Sessions::object('complete', $reference)));
        }
        $this->assertSame([], Shop::$completed);
    }

    public function testOrderThatWasChangedIsNotPaidByItsOldSession(): void
    {
        $this->sent();
        Shop::$orders[17]['total'] = '200.00';
        $this->payments()->receive($this->completed());
        $this->assertSame([], Shop::$completed);
        $this->assertSame('on-hold', Shop::$orders[17]['status']);

        $this->expectException(\RuntimeException::class); // and the buyer is not asked to pay again
        $this->payments(new Server(Sessions::answer('complete', self::REFERENCE)))->start(17);
    }

    public function testOtherGatewaysOrdersAndRefundsAreLeftAlone(): void
    {
        $this->sent();
        Shop::$orders[17]['payment_method'] = 'cod';
        $this->payments()->receive($this->completed());
        $this->assertSame([], Shop::$completed);
        Shop::$orders[17] = new \WC_Order_Refund();
        $this->payments()->receive($this->completed());
        $this->assertSame([], Shop::$completed);
    }

    public function testGoingBackAndPressingAgainUsesTheOpenSession(): void
    {
        $this->sent();
        $server = new Server(Sessions::answer('open', self::REFERENCE));
        $this->assertSame('https://pay.example/c/cs_1', $this->payments($server)->start(17));
        $this->assertSame(['GET'], array_column($server->seen(), 'method'), 'another session was made');
    }

    public function testGoingBackAfterPayingDoesNotPayTwice(): void
    {
        $this->sent();
        $server = new Server(Sessions::answer('complete', self::REFERENCE)); // no webhook came yet
        $this->assertStringContainsString('/order-received/17/', $this->payments($server)->start(17));
        $this->assertSame([17], Shop::$completed);
        $this->assertStringContainsString('/order-received/17/', $this->payments()->start(17));
        $this->assertCount(1, $server->seen());
    }

    public function testChangedOrderGetsANewSessionAndTheOldOneIsClosed(): void
    {
        $this->sent();
        Shop::$orders[17]['total'] = '4';
        $server = new Server(
            Sessions::answer('open', self::REFERENCE),
            Sessions::answer('expired', self::REFERENCE),
            Sessions::answer('open', self::REFERENCE, '4.00', id: 'cs_2'),
        );
        $this->assertSame('https://pay.example/c/cs_2', $this->payments($server)->start(17));
        $this->assertSame('/v1/checkout/sessions/cs_1/expire', $server->seen()[1]->path);
        $this->assertSame('4.00', json_decode($server->seen()[2]->body)->amount);
        $this->payments()->receive($this->completed(amount: '4.00', id: 'cs_2'));
        $this->assertSame([17], Shop::$completed);
    }

    public function testSessionThatIsPaidWhileTheOrderChangesIsNotReplaced(): void
    {
        $this->sent();
        Shop::$orders[17]['total'] = '4';
        $server = new Server(Sessions::answer('open', self::REFERENCE), Sessions::json(['code' => 'session_complete'], 409));
        try {
            $this->payments($server)->start(17);
            $this->fail('another session was made');
        } catch (ApiException $error) {
            $this->assertSame('session_complete', $error->errorCode);
        }
        $this->assertSame('cs_1', Shop::$orders[17]['meta']['_rieltime_session']);
    }

    public function testExpiredSessionIsReplacedByOneOfAnotherKey(): void
    {
        $this->sent();
        $server = new Server(Sessions::answer('expired', self::REFERENCE), Sessions::answer('open', self::REFERENCE, id: 'cs_2'));
        $this->assertSame('https://pay.example/c/cs_2', $this->payments($server)->start(17));
        $this->assertSame(self::REFERENCE . '-1-2.50-USD', $server->seen()[1]->headers->{'idempotency-key'});
    }

    public function testLostAnswerIsAskedForAgain(): void
    {
        $lost = new Server(['hang_up' => true]);
        try {
            $this->payments($lost)->start(17);
            $this->fail('an answer came');
        } catch (NoAnswerException) {
        }
        $again = new Server(Sessions::answer('open', 'any'));
        $this->payments($again)->start(17);
        $this->assertSame($lost->seen()[0]->headers->{'idempotency-key'}, $again->seen()[0]->headers->{'idempotency-key'});
        $this->assertSame($lost->seen()[0]->body, $again->seen()[0]->body);
    }

    public function testSessionIsReadInTheModeInWhichItWasMade(): void
    {
        $this->sent();
        $server = new Server(Sessions::answer('complete', self::REFERENCE));
        $this->assertSame(Outcome::Paid, $this->payments($server, test: false)->check(17));
        $this->assertSame('Bearer sk_test_secret', $server->seen()[0]->headers->authorization);
    }

    public function testAbandonedOrderIsCanceledOnlyWhenItIsKnownToBeUnpaid(): void
    {
        $this->sent();
        $this->assertTrue($this->payments(new Server(Sessions::answer('open', self::REFERENCE)))->mayCancel(17));
        $this->assertFalse($this->payments()->mayCancel(17), 'canceled while Rieltime could not be asked');
        $this->assertFalse($this->payments(new Server(Sessions::answer('complete', self::REFERENCE)))->mayCancel(17));
        $this->assertSame([17], Shop::$completed);
    }

    public function testCanceledOrderClosesItsSessionAndComesBackWhenItWasPaid(): void
    {
        $this->sent();
        Shop::$orders[17]['status'] = 'cancelled';
        $server = new Server(Sessions::answer('expired', self::REFERENCE));
        $this->payments($server)->close(17);
        $this->assertSame('/v1/checkout/sessions/cs_1/expire', $server->seen()[0]->path);
        $this->assertSame('cancelled', Shop::$orders[17]['status']);

        $this->payments(new Server(Sessions::json(['code' => 'session_complete'], 409), Sessions::answer('complete', self::REFERENCE)))->close(17);
        $this->assertSame('processing', Shop::$orders[17]['status']);
    }

    public function testOrderThatWasPaidOtherwiseTellsOfTheSecondPayment(): void
    {
        $this->sent();
        Shop::$orders[17]['date_paid'] = new \DateTime();
        Shop::$orders[17]['status'] = 'processing'; // by hand, in cash
        $this->payments()->receive($this->completed());
        $this->payments()->receive($this->completed());
        $this->assertSame([], Shop::$completed);
        $this->assertCount(1, Shop::$notes);
        $this->assertStringContainsString('Give one of them back', Shop::$notes[0]);
    }

    public function testOrderThatCannotBeCompletedComesAgain(): void
    {
        $this->sent();
        Shop::$completes = false;
        try {
            $this->payments()->receive($this->completed());
            $this->fail('the event was taken');
        } catch (\RuntimeException) {
        }
        Shop::$completes = true;
        $this->payments()->receive($this->completed());
        $this->assertSame([17], Shop::$completed);
    }

    public function testOrderThatTakesNoPaymentAnyMoreIsNoted(): void
    {
        $this->sent();
        Shop::$orders[17]['status'] = 'trash';
        $this->payments()->receive($this->completed());
        $this->payments()->receive($this->completed());
        $this->assertSame([], Shop::$completed);
        $this->assertCount(1, Shop::$notes);
    }

    public function testRefundIsGivenOnceThoughItsAnswerIsLost(): void
    {
        $this->sent();
        $this->payments()->receive($this->completed());
        $lost = new Server(['hang_up' => true]);
        try {
            $this->payments($lost)->refund(17, '1.00', 'Cold');
            $this->fail('an answer came');
        } catch (NoAnswerException) {
        }
        $server = new Server(Sessions::json($this->refundObject('succeeded'), 201));
        $this->assertSame('re_1', $this->payments($server)->refund(17, '1.00', 'Cold')->id);
        $this->assertSame('re_1', $this->payments($server)->refund(17, '1.00', 'Cold again')->id);
        [$first, $second] = $server->seen();
        $this->assertSame($lost->seen()[0]->headers->{'idempotency-key'}, $first->headers->{'idempotency-key'});
        $this->assertNotSame($first->headers->{'idempotency-key'}, $second->headers->{'idempotency-key'});
        $sent = json_decode($first->body);
        $this->assertSame(['pay_cs_1', '1.00', 'Cold'], [$sent->payment, $sent->amount, $sent->reason]);
    }

    public function testRefundThatFailsLaterIsNotedOnce(): void
    {
        $this->sent();
        $event = Sessions::event('refund.failed', $this->refundObject('failed'));
        $this->payments()->receive($event);
        $this->payments()->receive($event);
        $this->assertCount(1, Shop::$notes);
        $this->assertStringContainsString('has not got this money', Shop::$notes[0]);
    }

    public function testMoneyInReviewIsNoted(): void
    {
        $this->sent();
        $this->payments()->receive($this->payment('payment.late', 'late'));
        $this->assertSame([], Shop::$completed);
        $this->assertStringContainsString('waits for your decision: late', Shop::$notes[0]);
    }

    public function testLogHasNoSecrets(): void
    {
        $this->sent();
        $this->payments()->mayCancel(17);
        $this->payments()->receive($this->completed());
        $this->assertNotSame([], Shop::$log);
        $this->assertStringNotContainsString('secret', implode("\n", [...Shop::$log, ...Shop::$notes]));
    }

    /** @return array<string, mixed> */
    private function refundObject(string $status): array
    {
        return [
            'id' => 're_1', 'object' => 'refund', 'mode' => 'test', 'status' => $status, 'payment' => 'pay_cs_1', 'session' => 'cs_1', 'provider' => 'kess',
            'amount' => '1.00', 'currency' => 'USD', 'merchant_reference' => self::REFERENCE, 'reason' => 'Cold', 'failure_code' => $status === 'failed' ? 'refused' : null, 'created_at' => '2026-11-21T08:20:00Z',
        ];
    }

    private function payment(string $type, ?string $review): \Rieltime\Event
    {
        return Sessions::event($type, [
            'id' => 'pay_2', 'object' => 'payment', 'session' => 'cs_1', 'mode' => 'test', 'status' => 'failed', 'provider' => 'kess', 'method' => 'kess:ABAAKHPP', 'amount' => '2.50',
            'currency' => 'USD', 'price_amount' => '2.50', 'price_currency' => 'USD', 'merchant_reference' => self::REFERENCE, 'provider_reference' => 'x', 'review' => $review, 'amount_refunded' => '0.00',
            'created_at' => '2026-11-21T08:20:00Z', 'expires_at' => '2026-11-21T08:30:00Z',
        ]);
    }
}
