<?php

declare(strict_types=1);

namespace Tests;

use App\Checkout\Orders;
use App\Checkout\Outcome;
use App\Checkout\Sale;
use PHPUnit\Framework\TestCase;
use Rieltime\Client;
use Rieltime\Customer;
use Rieltime\Session;
use Rieltime\Tests\Server;

final class SaleTest extends TestCase
{
    private \PDO $database;
    private Orders $orders;

    /** @var list<string> */
    private array $fulfilled = [];

    protected function setUp(): void
    {
        $this->database = new \PDO('sqlite::memory:', options: [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]);
        $this->database->exec('CREATE TABLE orders (reference TEXT PRIMARY KEY, amount TEXT, currency TEXT, session TEXT, paid_at TEXT)');
        $this->orders = new Orders($this->database);
        $this->orders->add('ORDER-1', '2.50', 'USD');
        $this->orders->setSession('ORDER-1', 'cs_1');
    }

    private function sale(?\Closure $fulfil = null): Sale
    {
        return new Sale(new Client('http://127.0.0.1:1', 'sk_test_1', attempts: 1), $this->orders, $fulfil ?? function (string $reference): void {
            $this->fulfilled[] = $reference;
        });
    }

    private function session(string $status = 'complete', string $id = 'cs_1', string $amount = '2.50', string $currency = 'USD', string $reference = 'ORDER-1'): Session
    {
        $now = new \DateTimeImmutable();
        return new Session(
            id: $id, object: 'checkout.session', url: '', mode: 'test', status: $status, amount: $amount, currency: $currency, reference: $reference,
            description: null, lineItems: [], customer: new Customer(), successUrl: null, cancelUrl: null, paymentMethods: null, payCurrencies: null, payAmounts: [], locale: null,
            metadata: [], payment: null, paymentLink: null, createdAt: $now, expiresAt: $now, closedAt: null,
        );
    }

    public function testSaleMakesAnOrderWithItsSessionAndChecksItLater(): void
    {
        $answer = static fn (string $status, string $reference): array => ['status' => 200, 'body' => json_encode([
            'id' => 'cs_9', 'object' => 'checkout.session', 'url' => 'https://pay.example/c/cs_9', 'mode' => 'test', 'status' => $status, 'amount' => '2.50',
            'currency' => 'USD', 'reference' => $reference, 'customer' => (object) [], 'created_at' => '2026-11-21T08:00:00Z', 'expires_at' => '2026-11-21T08:30:00Z',
        ])];
        $shop = new Server($answer('open', 'ORDER-9'));
        $url = (new Sale($shop->client(), $this->orders, fn () => null))->start('https://shop.example/coffee/thanks', 'https://shop.example/coffee');
        $this->assertSame('https://pay.example/c/cs_9', $url);
        $sent = json_decode($shop->seen()[0]->body);
        $this->assertSame(['2.50', 'USD', 'https://shop.example/coffee/thanks'], [$sent->amount, $sent->currency, $sent->success_url]);
        $this->assertSame($sent->reference, $shop->seen()[0]->headers->{'idempotency-key'});
        $this->assertSame('cs_9', $this->orders->find($sent->reference)['session'] ?? null);

        $paid = new Server($answer('complete', $sent->reference));
        $sale = new Sale($paid->client(), $this->orders, function (string $reference): void {
            $this->fulfilled[] = $reference;
        });
        $this->assertSame(Outcome::Paid, $sale->check('cs_9'));
        $this->assertSame([$sent->reference], $this->fulfilled);
    }

    public function testPaidOrderIsFulfilledOnce(): void
    {
        $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session()));
        $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session()));
        $this->assertSame(['ORDER-1'], $this->fulfilled);
        $this->assertNotNull($this->orders->find('ORDER-1')['paid_at'] ?? null);
    }

    public function testOpenSessionDoesNotPayAndLateNewsDoNotTakeBack(): void
    {
        $this->assertSame(Outcome::NotPaid, $this->sale()->settle($this->session('open')));
        $this->assertSame(Outcome::NotPaid, $this->sale()->settle($this->session('frozen')));
        $this->assertSame([], $this->fulfilled);
        $this->sale()->settle($this->session());
        $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session('expired')));
    }

    public function testSessionThatIsNotTheOrdersPaysNothing(): void
    {
        foreach ([$this->session(amount: '0.01'), $this->session(currency: 'KHR'), $this->session(id: 'cs_2')] as $session) {
            $this->assertSame(Outcome::Mismatch, $this->sale()->settle($session));
        }
        $this->assertSame(Outcome::Unknown, $this->sale()->settle($this->session(reference: 'ORDER-2')));
        $this->assertSame([], $this->fulfilled);
    }

    public function testOrderWhoseSessionWasNotLearntIsPaidByItsReference(): void
    {
        $this->orders->add('ORDER-3', '2.50', 'USD');
        $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session(id: 'cs_3', reference: 'ORDER-3')));
        $this->assertSame('cs_3', $this->orders->find('ORDER-3')['session'] ?? null);
    }

    public function testOrderThatCannotBeFulfilledIsNotPaidAndCanBeLater(): void
    {
        try {
            $this->sale(static fn (string $reference) => throw new \RuntimeException('no coffee'))->settle($this->session());
            $this->fail('nothing was thrown');
        } catch (\RuntimeException $error) {
            $this->assertSame('no coffee', $error->getMessage());
        }
        $this->assertSame(Outcome::Paid, $this->sale()->settle($this->session()));
        $this->assertSame(['ORDER-1'], $this->fulfilled);
    }
}
