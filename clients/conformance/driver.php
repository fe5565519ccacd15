<?php

// Makes calls of the PHP client: reads one as a line of JSON and prints what came of it,
// until its input ends. See ../drivers_test.go.

declare(strict_types=1);

require __DIR__ . '/../php/autoload.php';

const KINDS = ['lineItems' => Rieltime\LineItem::class, 'customer' => Rieltime\Customer::class, 'byHand' => Rieltime\ByHand::class, 'customFields' => Rieltime\CustomFieldCreate::class];

function camel(string $name): string
{
    return lcfirst(str_replace('_', '', ucwords($name, '_')));
}

function named(object $members): array
{
    $named = [];
    foreach (get_object_vars($members) as $name => $value) {
        $named[camel((string) $name)] = $value;
    }
    return $named;
}

// A parameter as the method takes it.
function argument(ReflectionParameter $parameter, mixed $value): mixed
{
    $kind = KINDS[$parameter->getName()] ?? null;
    return match (true) {
        $kind !== null && is_array($value) => array_map(static fn (object $v): object => new $kind(...named($v)), $value),
        $kind !== null => new $kind(...named($value)),
        ltrim((string) $parameter->getType(), '?') === DateTimeInterface::class => new DateTimeImmutable($value),
        $value instanceof stdClass => get_object_vars($value),
        default => $value,
    };
}

// A result as the API has it.
function plain(mixed $value, string $name = ''): mixed
{
    if ($value instanceof DateTimeInterface) {
        return $value->format($value->format('u') === '000000' ? 'Y-m-d\TH:i:s\Z' : 'Y-m-d\TH:i:s.u\Z');
    }
    if (is_array($value)) {
        return $name === 'metadata' ? (object) $value : array_map(plain(...), $value, array_keys($value));
    }
    if (!is_object($value) || $value instanceof stdClass) {
        return $value;
    }
    $members = [];
    foreach (get_object_vars($value) as $property => $member) {
        $snake = strtolower((string) preg_replace('/[A-Z]/', '_$0', $property));
        if ($snake !== 'extra') {
            $members[$snake] = plain($member, $snake);
        }
    }
    return (object) $members;
}

function call(Rieltime\Client $client, object $asked): mixed
{
    $params = $asked->params ?? new stdClass();
    if ($asked->call === 'digestMatches') {
        return (new Rieltime\EventDigest(...named($params->digest)))->matches($params->ids);
    }
    if (in_array($asked->call, ['verifyWebhook', 'checkSignature'], true)) {
        $webhook = new Rieltime\Webhook($params->secret, static fn (): int => $params->now);
        $headers = get_object_vars($params->headers);
        return $asked->call === 'verifyWebhook' ? $webhook->verify($headers, $params->body) : $webhook->check($headers, $params->body);
    }

    $given = named($params);
    $arguments = $asked->ids ?? [];
    foreach ((new ReflectionMethod($client, $asked->call))->getParameters() as $parameter) {
        $name = $parameter->getName();
        if (array_key_exists($name, $given)) {
            $arguments[$name] = argument($parameter, $given[$name]);
            unset($given[$name]);
        }
    }
    if ($given !== []) {
        throw new LogicException('there is no parameter for ' . implode(', ', array_keys($given)));
    }
    if ($asked->key !== '') {
        $arguments['idempotencyKey'] = $asked->key;
    }
    $result = $client->{$asked->call}(...$arguments);
    return $asked->all ? iterator_to_array($result->all(), false) : $result;
}

function answer(Rieltime\Client $client, object $asked): array
{
    try {
        return ['result' => plain(call($client, $asked))];
    } catch (Rieltime\ApiException $e) {
        return ['error' => [
            'kind' => 'api', 'status' => $e->status, 'code' => $e->errorCode, 'param' => $e->param, 'detail' => $e->detail,
            'request_id' => $e->requestId, 'retry_after' => $e->retryAfter, 'errors' => $e->errors,
        ]];
    } catch (Rieltime\RieltimeException $e) {
        $kind = match ($e::class) {
            Rieltime\NoAnswerException::class => 'no_answer',
            Rieltime\WebhookException::class => 'webhook',
            default => 'unexpected',
        };
        return ['error' => ['kind' => $kind, 'detail' => $e->getMessage()]];
    } catch (Throwable $e) {
        return ['error' => ['kind' => 'other', 'detail' => (string) $e]];
    }
}

$client = new Rieltime\Client((string) getenv('RIELTIME_URL'), (string) getenv('RIELTIME_KEY'), timeout: (float) getenv('RIELTIME_TIMEOUT'));
while (($line = fgets(STDIN)) !== false) {
    echo json_encode(answer($client, json_decode($line, flags: JSON_THROW_ON_ERROR)), JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE), "\n";
}
