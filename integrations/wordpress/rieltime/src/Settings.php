<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

use Rieltime\Client;
use Rieltime\Event;
use Rieltime\Webhook;
use Rieltime\WebhookException;

/** The address of the Rieltime server, and for each mode a key and a webhook secret. */
final class Settings
{
    public const OPTION = 'rieltime_settings';
    public const MODES = ['test', 'live'];

    /** @param array<string, mixed> $values url, test_mode, and for each mode {mode}_key and {mode}_secret */
    public function __construct(#[\SensitiveParameter] private readonly array $values)
    {
    }

    public static function load(): self
    {
        return new self((array) get_option(self::OPTION, []));
    }

    public function get(string $name): string
    {
        return (string) ($this->values[$name] ?? '');
    }

    /** The mode of new sessions: test until the merchant says otherwise. */
    public function mode(): string
    {
        return ($this->values['test_mode'] ?? true) ? 'test' : 'live';
    }

    /** Reports whether a buyer can be sent to Rieltime, and its webhooks be believed. */
    public function isReady(): bool
    {
        $mode = $this->mode();
        return $this->get('url') !== '' && $this->get("{$mode}_key") !== '' && $this->get("{$mode}_secret") !== '';
    }

    /**
     * A client with the key of a mode: a purchase is asked about in the mode in which it
     * was made, whatever the mode is now. A buyer waits for it, so it gives up soon.
     */
    public function client(string $mode): Client
    {
        return new Client($this->get('url'), $this->get("{$mode}_key"), attempts: 2, timeout: 10.0);
    }

    /**
     * Verifies a webhook with the secret of either mode, which its event must be of.
     *
     * @param array<string, string|list<string>> $headers
     * @throws WebhookException
     */
    public function verify(array $headers, string $body): Event
    {
        foreach (self::MODES as $mode) {
            if ($this->get("{$mode}_secret") === '') {
                continue;
            }
            try {
                $event = (new Webhook($this->get("{$mode}_secret")))->verify($headers, $body);
            } catch (WebhookException) {
                continue;
            }
            if ($event->mode === $mode) {
                return $event;
            }
        }
        throw new WebhookException('no secret of this shop signed it');
    }

    /** @return array<string, mixed> what var_dump shows: no secret */
    public function __debugInfo(): array
    {
        return ['url' => $this->get('url'), 'mode' => $this->mode()];
    }
}
