<?php

declare(strict_types=1);

namespace Rieltime\Internal;

use Rieltime\ApiException;
use Rieltime\FieldError;
use Rieltime\NoAnswerException;
use Rieltime\RieltimeException;
use Rieltime\UnexpectedAnswerException;

/** Sends requests, again where that is safe and may help, to one server with one key. */
final class Transport
{
    private const FIRST_WAIT = 0.5; // seconds
    private const LONGEST_WAIT = 60.0;
    private const MAX_ANSWER = 16 << 20;

    private readonly string $baseUrl;

    /** @param \Closure(float): void $wait */
    public function __construct(
        string $baseUrl,
        #[\SensitiveParameter] private readonly string $key,
        private readonly int $attempts,
        private readonly float $timeout,
        private readonly \Closure $wait,
    ) {
        if (preg_match('#^https?://[^/?\#]+#i', $baseUrl) !== 1) {
            throw new \InvalidArgumentException('baseUrl is no http or https address');
        }
        if (preg_match('/^[\x21-\x7e]+$/D', $key) !== 1) {
            throw new \InvalidArgumentException('the key is empty, or has blanks or line breaks');
        }
        $this->baseUrl = rtrim($baseUrl, '/');
    }

    /** @param array<string, mixed> $query */
    public function get(string $path, array $query = []): mixed
    {
        $given = array_filter($query, static fn (mixed $value): bool => $value !== null);
        $text = http_build_query(array_map(Form::queryText(...), $given), '', '&', PHP_QUERY_RFC3986);
        return $this->send('GET', $text === '' ? $path : "$path?$text", [], null);
    }

    public function delete(string $path): void
    {
        $this->send('DELETE', $path, [], null);
    }

    /**
     * Every POST has an Idempotency-Key, which with the body stays the same at each attempt.
     *
     * @param array<string, mixed> $params
     */
    public function post(string $path, array $params, ?string $idempotencyKey): mixed
    {
        $idempotencyKey ??= bin2hex(random_bytes(16));
        if (preg_match('/[\r\n\0]/', $idempotencyKey) === 1) {
            throw new \InvalidArgumentException('the idempotency key has line breaks');
        }
        return $this->send('POST', $path, ['Content-Type: application/json', "Idempotency-Key: $idempotencyKey"], Form::body($params));
    }

    /** @param list<string> $headers */
    private function send(string $method, string $path, array $headers, ?string $body): mixed
    {
        for ($attempt = 1; ; $attempt++) {
            try {
                return $this->try($method, $path, $headers, $body);
            } catch (RieltimeException $error) {
                if ($attempt >= $this->attempts || !self::worthRepeating($error)) {
                    throw $error;
                }
            }
            ($this->wait)(self::pause($attempt, $error));
        }
    }

    /** @param list<string> $headers */
    private function try(string $method, string $path, array $headers, ?string $body): mixed
    {
        $text = '';
        $answered = []; // headers
        $curl = curl_init();
        curl_setopt_array($curl, [
            CURLOPT_URL => $this->baseUrl . $path,
            CURLOPT_PATH_AS_IS => true,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => ["Authorization: Bearer {$this->key}", 'Accept: application/json, application/problem+json', 'User-Agent: rieltime-php', ...$headers],
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_FOLLOWLOCATION => false, // the key must not go anywhere else
            CURLOPT_NOSIGNAL => true,
            CURLOPT_TIMEOUT_MS => (int) ceil($this->timeout * 1000),
            CURLOPT_HEADERFUNCTION => static function ($curl, string $line) use (&$answered): int {
                [$name, $value] = explode(':', $line, 2) + [1 => ''];
                $answered[strtolower(trim($name))] = trim($value);
                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => static function ($curl, string $piece) use (&$text): int {
                $text .= $piece;
                return strlen($text) > self::MAX_ANSWER ? 0 : strlen($piece); // 0 ends it
            },
        ] + ($body === null ? [] : [CURLOPT_POSTFIELDS => $body]));

        if (curl_exec($curl) === false) {
            throw new NoAnswerException('no answer: ' . curl_error($curl));
        }
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        if ($status < 200 || $status > 299) {
            throw self::apiException($status, $answered, $text);
        }
        try {
            return $text === '' ? null : json_decode($text, flags: JSON_THROW_ON_ERROR);
        } catch (\JsonException $error) {
            throw new UnexpectedAnswerException('the answer is no JSON', previous: $error);
        }
    }

    private static function worthRepeating(RieltimeException $error): bool
    {
        if ($error instanceof ApiException) {
            return $error->status === 429 || $error->status >= 500 || $error->errorCode === 'idempotency_in_flight';
        }
        return $error instanceof NoAnswerException;
    }

    /** How long to wait after an attempt: as long as the server asks for, else a time that doubles, with jitter. */
    private static function pause(int $attempt, RieltimeException $error): float
    {
        if ($error instanceof ApiException && $error->retryAfter > 0) {
            return min((float) $error->retryAfter, self::LONGEST_WAIT);
        }
        $step = min(self::FIRST_WAIT * 2 ** min($attempt - 1, 7), self::LONGEST_WAIT);
        return $step / 2 + $step / 2 * random_int(0, 1000) / 1000;
    }

    /** @param array<string, string> $headers */
    private static function apiException(int $status, array $headers, string $text): ApiException
    {
        $problem = json_decode($text);
        if (!$problem instanceof \stdClass || Form::text($problem->code ?? null) === '') {
            $problem = (object) ['detail' => "the answer is not from Rieltime's API"];
        }

        $errors = [];
        foreach (is_array($problem->errors ?? null) ? $problem->errors : [] as $error) {
            $errors[] = new FieldError(Form::text($error->code ?? null), Form::text($error->param ?? null), Form::text($error->detail ?? null));
        }
        $requestId = Form::text($problem->request_id ?? null);
        $asked = $headers['retry-after'] ?? '';
        return new ApiException(
            $status,
            Form::text($problem->code ?? null),
            Form::text($problem->param ?? null),
            Form::text($problem->detail ?? null),
            $requestId !== '' ? $requestId : $headers['x-request-id'] ?? '',
            preg_match('/^\d{1,9}$/D', $asked) === 1 ? (int) $asked : 0,
            $errors,
        );
    }

    /** @return array<string, mixed> what var_dump shows: no key */
    public function __debugInfo(): array
    {
        return ['baseUrl' => $this->baseUrl];
    }
}
