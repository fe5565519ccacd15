<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

/** Answers of the API about one session, for the tests' server. */
final class Sessions
{
    /** @return array<string, mixed> */
    public static function object(string $status, string $reference, string $amount = '2.50', string $currency = 'USD', string $id = 'cs_1', string $mode = 'test'): array
    {
        return [
            'id' => $id, 'object' => 'checkout.session', 'url' => "https://pay.example/c/$id", 'mode' => $mode, 'status' => $status,
            'amount' => $amount, 'currency' => $currency, 'reference' => $reference, 'customer' => (object) [], 'payment' => $status === 'complete' ? "pay_$id" : null,
            'created_at' => '2026-11-21T08:00:00Z', 'expires_at' => '2026-11-21T08:30:00Z',
        ];
    }

    /** @return array{status: int, body: string} */
    public static function answer(mixed ...$session): array
    {
        return self::json(self::object(...$session));
    }

    /** @return array{status: int, body: string} */
    public static function json(mixed $object, int $status = 200): array
    {
        return ['status' => $status, 'body' => json_encode($object, JSON_THROW_ON_ERROR)];
    }

    /** @param array<string, mixed> $object */
    public static function event(string $type, array $object, string $id = 'evt_1'): \Rieltime\Event
    {
        $event = ['sequence' => 1, 'id' => $id, 'type' => $type, 'timestamp' => '2026-11-21T08:10:00Z', 'mode' => $object['mode'], 'data' => ['object' => $object]];
        return \Rieltime\Internal\Form::read(\Rieltime\Event::class, json_decode(json_encode($event, JSON_THROW_ON_ERROR)));
    }
}
