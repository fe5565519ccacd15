<?php

declare(strict_types=1);

namespace Rieltime\Internal;

use Rieltime\EventData;
use Rieltime\EventDigest;
use Rieltime\Payment;
use Rieltime\Refund;
use Rieltime\Session;
use Rieltime\UnexpectedAnswerException;
use Rieltime\WebhookEndpoint;

/** Between JSON and the objects of the API. */
final class Form
{
    /** The class of an event's object, by what its "object" says. */
    private const KINDS = [
        'checkout.session' => Session::class,
        'payment' => Payment::class,
        'refund' => Refund::class,
        'event_digest' => EventDigest::class,
        'webhook_endpoint' => WebhookEndpoint::class,
    ];

    private const TIME = '/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/D';

    /** @var array<class-string, \ReflectionParameter[]> the parameters of each constructor, by class */
    private static array $parameters = [];

    /**
     * Makes an object from parsed JSON. Unknown fields go to extra; throws where a field
     * is missing or of another type.
     *
     * @template T of object
     * @param class-string<T> $class
     * @return T
     */
    public static function read(string $class, mixed $value, ?string $place = null): object
    {
        $place ??= substr($class, (int) strrpos($class, '\\') + 1);
        if (!$value instanceof \stdClass) {
            throw new UnexpectedAnswerException("$place is no object");
        }
        if ($class === EventData::class && ($value->object ?? null) instanceof \stdClass) {
            return self::readEventData($value);
        }

        $given = get_object_vars($value);
        if ($class === Payment::class) {
            $given += self::priceOfEarlier($given);
        }
        $arguments = [];
        foreach (self::$parameters[$class] ??= (new \ReflectionMethod($class, '__construct'))->getParameters() as $parameter) {
            $name = self::snake($parameter->getName());
            if ($name === 'extra') {
                continue;
            }
            if (array_key_exists($name, $given)) {
                $arguments[$parameter->getName()] = self::readValue($parameter, $given[$name], "$place.$name");
                unset($given[$name]);
            } elseif (!$parameter->isDefaultValueAvailable()) {
                $arguments[$parameter->getName()] = self::absent($parameter, "$place.$name");
            }
        }

        return new $class(...$arguments, extra: $given);
    }

    /**
     * The price of a payment as servers wrote it, and kept it in events, before a price could
     * be paid in another currency: what is paid is the price.
     *
     * @param array<string, mixed> $payment
     * @return array<string, mixed>
     */
    private static function priceOfEarlier(array $payment): array
    {
        $price = ['price_amount' => $payment['amount'] ?? null, 'price_currency' => $payment['currency'] ?? null];
        return array_filter($price, static fn (mixed $value): bool => $value !== null);
    }

    private static function readEventData(\stdClass $value): EventData
    {
        $given = get_object_vars($value);
        unset($given['object']);
        $class = self::KINDS[self::text($value->object->object ?? null)] ?? null;
        return new EventData($class === null ? $value->object : self::read($class, $value->object), $given);
    }

    private static function readValue(\ReflectionParameter $parameter, mixed $value, string $place): mixed
    {
        if ($value === null && $parameter->allowsNull()) {
            return null;
        }

        $list = $parameter->getAttributes(ListOf::class);
        if ($list !== []) {
            return self::readList($list[0]->newInstance()->element, $value, $place);
        }
        if ($parameter->getAttributes(MapOfTexts::class) !== []) {
            return self::readTexts($value, $place);
        }

        $type = $parameter->getType() instanceof \ReflectionNamedType ? $parameter->getType()->getName() : 'mixed';
        return match (true) {
            $type === 'mixed', get_debug_type($value) === $type => $value,
            $type === \DateTimeImmutable::class => self::readTime($value, $place),
            class_exists($type) => self::read($type, $value, $place),
            default => throw new UnexpectedAnswerException("$place is of another type"),
        };
    }

    /** @return list<mixed> */
    private static function readList(string $element, mixed $value, string $place): array
    {
        if (!is_array($value)) {
            throw new UnexpectedAnswerException("$place is no list");
        }
        $read = [];
        foreach ($value as $i => $member) {
            if ($element === 'string' && !is_string($member)) {
                throw new UnexpectedAnswerException("{$place}[$i] is of another type");
            }
            $read[] = $element === 'string' ? $member : self::read($element, $member, "{$place}[$i]");
        }
        return $read;
    }

    /** @return array<string, string> */
    private static function readTexts(mixed $value, string $place): array
    {
        if (!$value instanceof \stdClass) {
            throw new UnexpectedAnswerException("$place is no object");
        }
        foreach (get_object_vars($value) as $name => $member) {
            if (!is_string($member)) {
                throw new UnexpectedAnswerException("$place.$name is of another type");
            }
        }
        return get_object_vars($value);
    }

    private static function readTime(mixed $value, string $place): \DateTimeImmutable
    {
        if (is_string($value) && preg_match(self::TIME, $value, $match) === 1) {
            $text = $match[1] . '.' . substr($match[2] . '000000', 0, 6) . ($match[3] === 'Z' ? '+00:00' : $match[3]);
            $time = \DateTimeImmutable::createFromFormat('!Y-m-d\TH:i:s.uP', $text);
            $errors = \DateTimeImmutable::getLastErrors();
            if ($time !== false && (!$errors || $errors['warning_count'] === 0)) {
                return $time;
            }
        }
        throw new UnexpectedAnswerException("$place is no time");
    }

    /** The value of a field that is not there, as in an answer of an older server. */
    private static function absent(\ReflectionParameter $parameter, string $place): mixed
    {
        if ($parameter->allowsNull()) {
            return null;
        }
        if ($parameter->getAttributes(ListOf::class) !== [] || $parameter->getAttributes(MapOfTexts::class) !== []) {
            return [];
        }
        throw new UnexpectedAnswerException("$place is missing");
    }

    /** Makes what json_encode takes from a parameter: what is null is left out. */
    public static function written(mixed $value): mixed
    {
        if ($value instanceof \DateTimeInterface) {
            return self::timeText($value);
        }
        if (is_array($value)) {
            return array_map(self::written(...), $value);
        }
        if (!is_object($value) || $value instanceof \stdClass) {
            return $value;
        }

        $members = [];
        foreach (get_object_vars($value) as $name => $member) {
            if ($member !== null && $name !== 'extra') {
                $members[self::snake($name)] = self::written($member);
            }
        }
        return (object) $members;
    }

    /**
     * Makes a request's body.
     *
     * @param array<string, mixed> $params
     */
    public static function body(array $params): string
    {
        $given = array_filter($params, static fn (mixed $value): bool => $value !== null);
        // json_encode writes an array without keys as a list.
        if (is_array($given['metadata'] ?? null)) {
            $given['metadata'] = (object) $given['metadata'];
        }
        return json_encode((object) self::written($given), JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    }

    /** A query parameter as the API takes it. */
    public static function queryText(mixed $value): string
    {
        return match (true) {
            is_bool($value) => $value ? 'true' : 'false',
            $value instanceof \DateTimeInterface => self::timeText($value),
            default => (string) $value,
        };
    }

    private static function timeText(\DateTimeInterface $at): string
    {
        $utc = \DateTimeImmutable::createFromInterface($at)->setTimezone(new \DateTimeZone('UTC'));
        return $utc->format($utc->format('u') === '000000' ? 'Y-m-d\TH:i:s\Z' : 'Y-m-d\TH:i:s.u\Z');
    }

    /** The API's name of a property: success_url of successUrl. */
    private static function snake(string $name): string
    {
        return strtolower((string) preg_replace('/[A-Z]/', '_$0', $name));
    }

    /** A text, where anything may be given. */
    public static function text(mixed $value): string
    {
        return is_scalar($value) ? (string) $value : '';
    }
}
