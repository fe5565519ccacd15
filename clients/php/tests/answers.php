<?php

// A server that answers one request after the other; its last answer stays.
//   php answers.php ANSWERS REQUESTS
// ANSWERS is a file of JSON, REQUESTS the file that each request is added to, as a line of
// JSON. It prints its port.

declare(strict_types=1);

[, $answersFile, $requestsFile] = $argv;
$answers = json_decode((string) file_get_contents($answersFile), true, flags: JSON_THROW_ON_ERROR);
$socket = stream_socket_server('tcp://127.0.0.1:0') ?: exit(1);
echo substr((string) strrchr((string) stream_socket_get_name($socket, false), ':'), 1), "\n";

for ($count = 0; $connection = stream_socket_accept($socket, 60); $count++) {
    [$method, $path] = explode(' ', (string) fgets($connection));
    $headers = [];
    while (($line = trim((string) fgets($connection))) !== '') {
        [$name, $value] = explode(':', $line, 2);
        $headers[strtolower($name)] = trim($value);
    }
    $length = (int) ($headers['content-length'] ?? 0);
    $body = $length > 0 ? stream_get_contents($connection, $length) : '';
    file_put_contents($requestsFile, json_encode(compact('method', 'path', 'headers', 'body')) . "\n", FILE_APPEND);

    $answer = $answers[min($count, count($answers) - 1)];
    if (!($answer['hang_up'] ?? false)) {
        $text = $answer['body'] ?? '';
        $missing = $answer['missing'] ?? 0; // bytes that are promised and not sent
        fwrite($connection, "HTTP/1.1 {$answer['status']} Status\r\nConnection: close\r\nContent-Length: " . (strlen($text) + $missing) . "\r\n");
        foreach ($answer['headers'] ?? [] as $name => $value) {
            fwrite($connection, "$name: $value\r\n");
        }
        fwrite($connection, "\r\n$text");
        for ($i = 0; ($answer['trickle'] ?? false) && $i < $missing && @fwrite($connection, ' '); $i++) {
            usleep(50_000);
        }
    }
    fclose($connection);
}
