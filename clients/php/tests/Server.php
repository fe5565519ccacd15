<?php

declare(strict_types=1);

namespace Rieltime\Tests;

use Rieltime\Client;

/** The server of answers.php, in a process of its own. */
final class Server
{
    public readonly string $url;

    /** @var list<float> */
    public array $waits = [];

    private readonly string $answers;
    private readonly string $requests;

    /** @var resource */
    private $process;

    /** @param array<string, mixed> ...$answers */
    public function __construct(array ...$answers)
    {
        $this->answers = (string) tempnam(sys_get_temp_dir(), 'rieltime');
        $this->requests = (string) tempnam(sys_get_temp_dir(), 'rieltime');
        file_put_contents($this->answers, json_encode($answers, JSON_THROW_ON_ERROR));
        $this->process = proc_open([PHP_BINARY, __DIR__ . '/answers.php', $this->answers, $this->requests], [1 => ['pipe', 'w']], $pipes)
            ?: throw new \RuntimeException('the server does not start');
        $this->url = 'http://127.0.0.1:' . trim((string) fgets($pipes[1]));
    }

    public function client(float $timeout = 30.0, int $attempts = 4): Client
    {
        return new Client($this->url . '/', 'sk_test_1', $attempts, $timeout, function (float $seconds): void {
            $this->waits[] = $seconds;
        });
    }

    /** @return list<object{method: string, path: string, headers: object, body: string}> */
    public function seen(): array
    {
        return array_map(json_decode(...), file($this->requests) ?: []);
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
    }

    public function __destruct()
    {
        if (is_resource($this->process)) {
            $this->stop();
        }
        unlink($this->answers);
        unlink($this->requests);
    }
}
