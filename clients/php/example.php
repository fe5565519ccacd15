<?php

// Creates a session, prints where to send the buyer, and waits until it is paid.
//   RIELTIME_URL=http://127.0.0.1:8080 RIELTIME_KEY=sk_test_… php example.php

declare(strict_types=1);

require __DIR__ . '/autoload.php';

$client = new Rieltime\Client((string) getenv('RIELTIME_URL'), (string) getenv('RIELTIME_KEY'));
$order = 'ORDER-' . bin2hex(random_bytes(5));
$session = $client->createSession(
    amount: '2.50',
    currency: 'USD',
    reference: $order,
    description: 'Iced coffee',
    successUrl: 'http://localhost:4000/thanks',
    cancelUrl: 'http://localhost:4000/',
    idempotencyKey: $order,
);
echo "Pay here: {$session->url}\n";

while ($session->status === 'open') {
    sleep(2);
    $session = $client->getSession($session->id);
}
echo "{$session->reference}, {$session->amount} {$session->currency}: {$session->status}\n";
