<?php
// A shop in one file: create a session, redirect the buyer, verify the webhook.
//
//   RIELTIME_URL=http://localhost:8080 RIELTIME_KEY=sk_test_… \
//   RIELTIME_WEBHOOK_SECRET=whsec_… php -S localhost:4000 shop.php
//
// Webhooks come to http://localhost:4000/webhook. PHP 8.0 or newer.
declare(strict_types=1);

$shop = 'http://' . $_SERVER['HTTP_HOST'];

function api(string $method, string $path, ?array $body = null, string $idempotencyKey = ''): array
{
    $headers = ['Authorization: Bearer ' . getenv('RIELTIME_KEY')];
    if ($body !== null) {
        array_push($headers, 'Content-Type: application/json', "Idempotency-Key: $idempotencyKey");
    }
    $answer = file_get_contents(getenv('RIELTIME_URL') . $path, false, stream_context_create(['http' => [
        'method' => $method, 'header' => $headers, 'content' => $body === null ? '' : json_encode($body),
        'timeout' => 30, 'ignore_errors' => true,
    ]]));
    $answer = json_decode($answer === false ? '' : $answer, true);
    if (!is_array($answer) || isset($answer['code'])) {
        throw new RuntimeException($answer['detail'] ?? 'no answer');
    }
    return $answer;
}

// Creates a session for a new order and sends the buyer to it.
function buy(string $shop): void
{
    $order = 'ORDER-' . bin2hex(random_bytes(5));
    $session = api('POST', '/v1/checkout/sessions', [
        'amount' => '2.50', 'currency' => 'USD', 'reference' => $order, 'description' => 'Iced coffee',
        'success_url' => "$shop/thanks", 'cancel_url' => "$shop/",
    ], $order);
    header('Location: ' . $session['url'], true, 303);
}

// Reads the session: that the buyer came here proves nothing.
function thanks(): void
{
    $session = api('GET', '/v1/checkout/sessions/' . rawurlencode((string) ($_GET['session_id'] ?? '')));
    header('Content-Type: text/plain; charset=utf-8');
    echo $session['status'] === 'complete' ? "Thank you, {$session['reference']} is paid.\n" : "{$session['reference']} is not paid yet.\n";
}

// Standard Webhooks: one of the signatures must be ours, and recent.
function verified(string $body): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $sent = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $key = base64_decode(substr((string) getenv('RIELTIME_WEBHOOK_SECRET'), strlen('whsec_')));
    if ($key === '' || !preg_match('/^\d{1,12}$/D', $sent) || abs(time() - (int) $sent) > 300) {
        return false;
    }
    $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sent.$body", $key, true));
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
        if (hash_equals($want, $given)) {
            return true;
        }
    }
    return false;
}

// Verifies a webhook and fulfils what was paid, once.
function hear(): void
{
    $body = (string) file_get_contents('php://input');
    if (!verified($body)) {
        http_response_code(400);
        echo 'refused';
        return;
    }
    $event = json_decode($body, true);
    // Creating the file fails when it is there: this event was worked on. A
    // real shop keeps the ids of events in its database.
    $first = @fopen(sys_get_temp_dir() . '/rieltime-' . hash('sha256', $event['id']), 'x');
    if ($first && $event['type'] === 'checkout.session.completed') {
        $session = $event['data']['object'];
        error_log("fulfil {$session['reference']}: {$session['amount']} {$session['currency']}");
    }
    http_response_code(204);
}

try {
    switch ($_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
        case 'GET /':
            echo '<form method="post" action="/buy"><button>Buy an iced coffee, $2.50</button></form>';
            break;
        case 'POST /buy':
            buy($shop);
            break;
        case 'GET /thanks':
            thanks();
            break;
        case 'POST /webhook':
            hear();
            break;
        default:
            http_response_code(404);
    }
} catch (Throwable $error) {
    error_log((string) $error);
    http_response_code(502);
    echo 'Something went wrong. Please try again.';
}
