<?php

declare(strict_types=1);

namespace Rieltime\Tests;

require_once __DIR__ . '/Server.php';

use PHPUnit\Framework\TestCase;
use Rieltime\ApiException;
use Rieltime\Client;
use Rieltime\Customer;
use Rieltime\FieldError;
use Rieltime\Internal\Transport;
use Rieltime\LineItem;
use Rieltime\NoAnswerException;
use Rieltime\Session;
use Rieltime\UnexpectedAnswerException;

final class ClientTest extends TestCase
{
    private const SESSION = [
        'id' => 'cs_1', 'object' => 'checkout.session', 'url' => 'https://pay.example/c/cs_1', 'mode' => 'test', 'status' => 'open',
        'amount' => '1.00', 'currency' => 'USD', 'reference' => 'r', 'description' => null, 'line_items' => [],
        'customer' => ['id' => null, 'name' => null, 'email' => null, 'phone' => null], 'success_url' => null, 'cancel_url' => null,
        'payment_methods' => null, 'pay_currencies' => null, 'pay_amounts' => [], 'locale' => null, 'metadata' => ['7' => 'x'], 'payment' => null, 'payment_link' => null,
        'created_at' => '2026-11-21T08:00:00Z', 'expires_at' => '2026-11-21T08:30:00.123456789Z', 'closed_at' => null,
    ];
    private const PARAMS = ['1.00', 'USD', 'r', 'https://s.example/', 'https://s.example/'];

    /**
     * @param array<string, mixed> $headers
     * @param array<string, mixed> $more
     * @return array<string, mixed>
     */
    private static function answer(int $status, mixed $body = null, array $headers = [], array $more = []): array
    {
        $text = is_array($body) ? json_encode($body, JSON_THROW_ON_ERROR) : (string) $body;
        return ['status' => $status, 'body' => $text, 'headers' => (object) $headers] + $more;
    }

    /**
     * @template T of \Throwable
     * @param class-string<T> $class
     * @return T
     */
    private function thrown(string $class, callable $call): \Throwable
    {
        try {
            $call();
        } catch (\Throwable $error) {
            $this->assertInstanceOf($class, $error, (string) $error);
            return $error;
        }
        $this->fail("no $class");
    }

    public function testSessionIsCreatedWithKeyAndIdempotencyKey(): void
    {
        $server = new Server(self::answer(201, self::SESSION));
        $session = $server->client()->createSession(
            ...self::PARAMS,
            lineItems: [new LineItem('កាហ្វេ', 2, '0.50')],
            customer: new Customer(name: 'Sophea'),
            metadata: ['0' => 'four'],
            expiresAt: new \DateTimeImmutable('2026-11-21T15:30:00+07:00'),
        );
        $this->assertSame('https://pay.example/c/cs_1', $session->url);
        $this->assertSame('2026-11-21T08:30:00.123456+00:00', $session->expiresAt->format('Y-m-d\TH:i:s.uP'));
        $this->assertSame([7 => 'x'], $session->metadata);

        $sent = $server->seen()[0];
        $this->assertSame(['POST', '/v1/checkout/sessions'], [$sent->method, $sent->path]);
        $this->assertSame('Bearer sk_test_1', $sent->headers->authorization);
        $this->assertSame('application/json', $sent->headers->{'content-type'});
        $this->assertMatchesRegularExpression('/^[\x21-\x7e]{16,}$/', $sent->headers->{'idempotency-key'});
        $this->assertSame(
            '{"amount":"1.00","currency":"USD","reference":"r","success_url":"https://s.example/","cancel_url":"https://s.example/",'
            . '"line_items":[{"name":"កាហ្វេ","quantity":2,"amount":"0.50"}],"customer":{"name":"Sophea"},'
            . '"expires_at":"2026-11-21T08:30:00Z","metadata":{"0":"four"}}',
            $sent->body,
        );
    }

    public function testRequestIsRepeatedWithTheSameKeyAndBody(): void
    {
        $server = new Server(
            self::answer(503, '<html>'),
            self::answer(429, ['code' => 'rate_limited'], ['Retry-After' => '7']),
            ['hang_up' => true],
            self::answer(201, self::SESSION),
        );
        $this->assertSame('cs_1', $server->client()->createSession(...self::PARAMS)->id);
        $seen = array_map(static fn (object $sent): string => $sent->headers->{'idempotency-key'} . $sent->body, $server->seen());
        $this->assertCount(4, $seen);
        $this->assertCount(1, array_unique($seen));
        $this->assertCount(3, $server->waits);
        $this->assertSame(7.0, $server->waits[1]);
    }

    public function testRequestInFlightIsRepeatedAndAGivenKeyIsSent(): void
    {
        $server = new Server(self::answer(409, ['code' => 'idempotency_in_flight']), self::answer(201, self::SESSION));
        $server->client()->createSession(...self::PARAMS, idempotencyKey: 'order-1');
        $keys = array_map(static fn (object $sent): string => $sent->headers->{'idempotency-key'}, $server->seen());
        $this->assertSame(['order-1', 'order-1'], $keys);
    }

    public function testTwoCallsHaveTwoKeys(): void
    {
        $server = new Server(self::answer(201, self::SESSION));
        $server->client()->createSession(...self::PARAMS);
        $server->client()->createSession(...self::PARAMS);
        [$first, $second] = $server->seen();
        $this->assertNotSame($first->headers->{'idempotency-key'}, $second->headers->{'idempotency-key'});
    }

    public function testRefusalIsNotRepeatedAndNamesTheError(): void
    {
        $errors = [['code' => 'amount_invalid', 'param' => 'amount', 'detail' => 'No.'], ['code' => 'currency_missing', 'param' => null, 'detail' => 'Nor this.']];
        $server = new Server(self::answer(400, ['code' => 'amount_invalid', 'param' => 'amount', 'detail' => 'No.', 'request_id' => 'req_1', 'errors' => $errors]));
        $error = $this->thrown(ApiException::class, fn () => $server->client()->createSession(...self::PARAMS));
        $this->assertSame([400, 'amount_invalid', 'amount', 'No.', 'req_1'], [$error->status, $error->errorCode, $error->param, $error->detail, $error->requestId]);
        $this->assertEquals(new FieldError('currency_missing', '', 'Nor this.'), $error->errors[1]);
        $this->assertCount(1, $server->seen());
    }

    public function testAttemptsComeToAnEnd(): void
    {
        $server = new Server(self::answer(500, '', ['X-Request-Id' => 'req_9', 'Retry-After' => 'Wed, 21 Oct 2026 07:28:00 GMT']));
        $error = $this->thrown(ApiException::class, fn () => $server->client()->getSession('cs_1'));
        $this->assertSame(['', 'req_9', 4], [$error->errorCode, $error->requestId, count($server->seen())]);
    }

    public function testRedirectIsNotFollowed(): void
    {
        $elsewhere = new Server(self::answer(200, self::SESSION));
        foreach ([301, 302, 303, 307, 308] as $status) {
            $server = new Server(self::answer($status, '', ['Location' => $elsewhere->url . '/v1/checkout/sessions']));
            $error = $this->thrown(ApiException::class, fn () => $server->client()->createSession(...self::PARAMS));
            $this->assertSame([$status, 1], [$error->status, count($server->seen())]);
        }
        $this->assertSame([], $elsewhere->seen());
    }

    public function testAnswerThatIsCutShortOrTricklesInIsNone(): void
    {
        foreach ([['missing' => 9], ['missing' => 200, 'trickle' => true]] as $more) {
            $server = new Server(self::answer(200, self::SESSION, [], $more));
            $begun = microtime(true);
            $this->thrown(NoAnswerException::class, fn () => $server->client(timeout: 0.2, attempts: 1)->getSession('cs_1'));
            $this->assertLessThan(5, microtime(true) - $begun);
        }
    }

    public function testServerThatIsNotThereGivesNoAnswer(): void
    {
        $server = new Server(self::answer(200));
        $server->stop();
        $this->thrown(NoAnswerException::class, fn () => $server->client()->getSession('cs_1'));
        $this->assertCount(3, $server->waits);
    }

    public function testAnswerOfAnotherFormIsNotRepeated(): void
    {
        $changed = static fn (array $members): array => $members + self::SESSION;
        $bodies = ['<html>', '[]', '{"id": "cs_1"}', $changed(['amount' => 1.5]), $changed(['line_items' => ['a' => 1]]), $changed(['created_at' => 'today']), $changed(['created_at' => '2026-13-21T08:00:00Z'])];
        foreach ($bodies as $body) {
            $server = new Server(self::answer(200, $body));
            $this->thrown(UnexpectedAnswerException::class, fn () => $server->client()->getSession('cs_1'));
            $this->assertCount(1, $server->seen());
        }
    }

    public function testUnknownFieldsAndValuesAreKept(): void
    {
        $server = new Server(self::answer(200, ['status' => 'frozen', 'tip' => ['amount' => '0.10']] + self::SESSION));
        $session = $server->client()->getSession('cs_1');
        $this->assertEquals(['frozen', ['tip' => (object) ['amount' => '0.10']]], [$session->status, $session->extra]);
    }

    public function testIdsAreEscapedAndAbsentQueryFieldsLeftOut(): void
    {
        $server = new Server(self::answer(404, ['code' => 'not_found']));
        $client = $server->client();
        $this->thrown(ApiException::class, fn () => $client->getPayment('a/b?c'));
        $this->thrown(ApiException::class, fn () => $client->getPayment('..'));
        $this->thrown(ApiException::class, fn () => $client->listPaymentLinks(active: false, limit: 2));
        $paths = array_map(static fn (object $sent): string => $sent->path, $server->seen());
        $this->assertSame(['/v1/payments/a%2Fb%3Fc', '/v1/payments/..', '/v1/payment_links?active=false&limit=2'], $paths);
    }

    public function testDeletionHasNoAnswer(): void
    {
        $server = new Server(self::answer(204));
        $server->client()->deleteWebhookEndpoint('we_1');
        $this->assertSame(['DELETE', '/v1/webhook_endpoints/we_1'], [$server->seen()[0]->method, $server->seen()[0]->path]);
    }

    public function testListsAreGoneThroughPageByPage(): void
    {
        $server = new Server(
            self::answer(200, ['data' => [['id' => 'cs_3'] + self::SESSION, ['id' => 'cs_2'] + self::SESSION], 'has_more' => true]),
            self::answer(200, ['data' => [self::SESSION], 'has_more' => false]),
        );
        $ids = [];
        foreach ($server->client()->listSessions(status: 'open')->all() as $session) {
            $ids[] = $session->id;
        }
        $this->assertSame(['cs_3', 'cs_2', 'cs_1'], $ids);
        $this->assertSame('/v1/checkout/sessions?starting_after=cs_2&status=open', $server->seen()[1]->path);
    }

    public function testEventsGoOnBehindTheLastSequence(): void
    {
        $event = ['object' => 'event', 'sequence' => 7, 'id' => 'evt_1', 'type' => 'x', 'timestamp' => '2026-11-21T08:00:00Z', 'mode' => 'test', 'data' => ['object' => self::SESSION]];
        $server = new Server(self::answer(200, ['data' => [$event], 'has_more' => true]), self::answer(200, ['data' => [], 'has_more' => false]));
        $events = iterator_to_array($server->client()->listEvents(afterSequence: 0)->all(), false);
        $this->assertCount(1, $events);
        $this->assertInstanceOf(Session::class, $events[0]->data->object);
        $paths = array_map(static fn (object $sent): string => $sent->path, $server->seen());
        $this->assertSame(['/v1/events?after_sequence=0', '/v1/events?after_sequence=7'], $paths);
    }

    public function testWhatIsNoAddressOrKeyIsRefusedWithoutShowingIt(): void
    {
        foreach (['', 'pay.example', 'file:///etc/passwd', 'ftp://pay.example', 'https://'] as $address) {
            $this->thrown(\InvalidArgumentException::class, fn () => new Client($address, 'sk_test_1'));
        }
        foreach (['', "sk_test_1\n", 'sk test'] as $key) {
            $error = $this->thrown(\InvalidArgumentException::class, fn () => new Client('https://pay.example', $key));
            $this->assertStringNotContainsString('sk', $error->getMessage());
        }
        $this->thrown(\InvalidArgumentException::class, fn () => (new Client('https://pay.example', 'sk_test_1'))->expireSession('cs_1', "a\r\nb: c"));
    }

    public function testPausesDoubleWithJitter(): void
    {
        $pause = new \ReflectionMethod(Transport::class, 'pause');
        foreach ([1 => 0.5, 2 => 1.0, 3 => 2.0, 100 => 60.0] as $attempt => $most) {
            $got = $pause->invoke(null, $attempt, new NoAnswerException());
            $this->assertTrue($most / 2 <= $got && $got <= $most, "after attempt $attempt: $got");
        }
        $this->assertSame(60.0, $pause->invoke(null, 1, new ApiException(429, retryAfter: 3600)));
    }

    public function testKeyIsNotShown(): void
    {
        $this->assertStringNotContainsString('sk_test_1', print_r(new Client('https://pay.example', 'sk_test_1'), true));
    }
}
