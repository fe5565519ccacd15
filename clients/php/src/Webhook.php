<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\Form;

/** Verifies what is posted to one webhook endpoint, by Standard Webhooks 1.0. */
final class Webhook
{
    private const TOLERANCE = 300; // seconds

    private readonly string $key;

    /**
     * @param string $secret the endpoint's, "whsec_…"
     * @param null|\Closure(): int $now the seconds since 1970; time() unless given
     */
    public function __construct(#[\SensitiveParameter] string $secret, private readonly ?\Closure $now = null)
    {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret) ?? '', true);
        if ($key === false || $key === '') {
            throw new \InvalidArgumentException('the webhook secret is not one');
        }
        $this->key = $key;
    }

    /**
     * Checks the signature and age of a webhook, whose body must be as it arrived, and
     * reads its event. The same event may come more than once: keep the ids of those you
     * have worked on.
     *
     * @param array<string, string|list<string>> $headers such as getallheaders() or
     *     $request->headers->all(); their names may be in any case
     * @throws WebhookException
     */
    public function verify(array $headers, string $body): Event
    {
        $this->check($headers, $body);
        try {
            return Form::read(Event::class, json_decode($body, flags: JSON_THROW_ON_ERROR));
        } catch (\JsonException | UnexpectedAnswerException $error) {
            throw new WebhookException('its body is no event', previous: $error);
        }
    }

    /**
     * Checks the signature and age alone.
     *
     * @param array<string, string|list<string>> $headers
     * @throws WebhookException
     */
    public function check(array $headers, string $body): void
    {
        $given = [];
        foreach ($headers as $name => $value) {
            $given[strtolower((string) $name)] = Form::text(is_array($value) ? ($value[0] ?? null) : $value);
        }

        $sent = $given['webhook-timestamp'] ?? '';
        $now = $this->now === null ? time() : ($this->now)();
        if (preg_match('/^\d{1,12}$/D', $sent) !== 1 || abs($now - (int) $sent) > self::TOLERANCE) {
            throw new WebhookException('its time is wrong');
        }

        $signed = ($given['webhook-id'] ?? '') . ".$sent.$body";
        $want = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $this->key, true));
        // While a secret is being rotated there are two signatures, parted by a blank.
        foreach (explode(' ', $given['webhook-signature'] ?? '') as $signature) {
            if (hash_equals($want, $signature)) {
                return;
            }
        }
        throw new WebhookException('its signature is wrong');
    }

    /** @return array<string, mixed> what var_dump shows: no secret */
    public function __debugInfo(): array
    {
        return [];
    }
}
