<?php

declare(strict_types=1);

namespace Rieltime;

use Rieltime\Internal\Form;
use Rieltime\Internal\Transport;

/**
 * Calls the API with one secret key. Every call is named after its operationId in the
 * server's /openapi.json, described at its /docs, and throws a RieltimeException. Amounts
 * are decimal text; what is null is not sent.
 *
 * Every POST has an Idempotency-Key, made for the call unless given. Give one, such as the
 * order's number, to be able to repeat the call later.
 */
final class Client
{
    private const SESSIONS = '/v1/checkout/sessions';
    private const PAYMENTS = '/v1/payments';
    private const REFUNDS = '/v1/refunds';
    private const LINKS = '/v1/payment_links';
    private const ENDPOINTS = '/v1/webhook_endpoints';
    private const EVENTS = '/v1/events';

    private readonly Transport $transport;

    /**
     * @param string $baseUrl the server's, such as "https://pay.example"
     * @param int $attempts how often a request is sent at most
     * @param float $timeout seconds that each attempt may take
     * @param null|\Closure(float): void $wait sleeps between attempts, for seconds
     */
    public function __construct(
        string $baseUrl,
        #[\SensitiveParameter] string $key,
        int $attempts = 4,
        float $timeout = 30.0,
        ?\Closure $wait = null,
    ) {
        $wait ??= static fn (float $seconds) => usleep((int) ($seconds * 1_000_000));
        $this->transport = new Transport($baseUrl, $key, $attempts, $timeout, $wait);
    }

    // Sessions

    /**
     * Creates a session; send the buyer to its url. amount is "12.50" dollars or "50000"
     * riel; expiresIn is in seconds, and expiresAt is given instead.
     *
     * @param list<LineItem>|null $lineItems
     * @param list<string>|null $paymentMethods
     * @param list<string>|null $payCurrencies
     * @param array<string, string>|null $metadata
     */
    public function createSession(
        string $amount,
        string $currency,
        string $reference,
        string $successUrl,
        string $cancelUrl,
        ?string $description = null,
        ?array $lineItems = null,
        ?Customer $customer = null,
        ?array $paymentMethods = null,
        ?array $payCurrencies = null,
        ?string $locale = null,
        ?int $expiresIn = null,
        ?\DateTimeInterface $expiresAt = null,
        ?array $metadata = null,
        ?string $idempotencyKey = null,
    ): Session {
        $params = [
            'amount' => $amount,
            'currency' => $currency,
            'reference' => $reference,
            'success_url' => $successUrl,
            'cancel_url' => $cancelUrl,
            'description' => $description,
            'line_items' => $lineItems,
            'customer' => $customer,
            'payment_methods' => $paymentMethods,
            'pay_currencies' => $payCurrencies,
            'locale' => $locale,
            'expires_in' => $expiresIn,
            'expires_at' => $expiresAt,
            'metadata' => $metadata,
        ];
        return $this->post(Session::class, self::SESSIONS, $params, $idempotencyKey);
    }

    /** Reads a session. */
    public function getSession(string $session): Session
    {
        return $this->get(Session::class, self::at(self::SESSIONS, $session));
    }

    /**
     * Reads a page of sessions, newest first; its all() goes through all of them. limit is 1
     * to 100; give one of the cursors at most. createdFrom is the first time that counts,
     * createdTo the first one that does not.
     *
     * @return Page<Session>
     */
    public function listSessions(
        ?string $reference = null,
        ?string $status = null,
        ?\DateTimeInterface $createdFrom = null,
        ?\DateTimeInterface $createdTo = null,
        ?int $limit = null,
        ?string $startingAfter = null,
        ?string $endingBefore = null,
    ): Page {
        $query = [
            'reference' => $reference,
            'status' => $status,
            'created_from' => $createdFrom,
            'created_to' => $createdTo,
        ];
        return $this->list(Session::class, self::SESSIONS, $query + self::part($limit, $startingAfter, $endingBefore));
    }

    /** Closes an open session early. */
    public function expireSession(string $session, ?string $idempotencyKey = null): Session
    {
        return $this->post(Session::class, self::at(self::SESSIONS, $session, 'expire'), [], $idempotencyKey);
    }

    // Payments and refunds

    /** Reads a payment. */
    public function getPayment(string $payment): Payment
    {
        return $this->get(Payment::class, self::at(self::PAYMENTS, $payment));
    }

    /**
     * Reads a page of payments, newest first. merchantReference is the session's reference;
     * review: 'open' selects those that wait for a decision.
     *
     * @return Page<Payment>
     */
    public function listPayments(
        ?string $session = null,
        ?string $merchantReference = null,
        ?string $status = null,
        ?string $review = null,
        ?\DateTimeInterface $createdFrom = null,
        ?\DateTimeInterface $createdTo = null,
        ?int $limit = null,
        ?string $startingAfter = null,
        ?string $endingBefore = null,
    ): Page {
        $query = [
            'session' => $session,
            'merchant_reference' => $merchantReference,
            'status' => $status,
            'review' => $review,
            'created_from' => $createdFrom,
            'created_to' => $createdTo,
        ];
        return $this->list(Payment::class, self::PAYMENTS, $query + self::part($limit, $startingAfter, $endingBefore));
    }

    /** Decides about money that did not fit: "accept", "refunded" or "refuse". */
    public function reviewPayment(
        string $payment,
        string $decision,
        ?string $note = null,
        ?string $idempotencyKey = null,
    ): Payment {
        return $this->post(Payment::class, self::at(self::PAYMENTS, $payment, 'review'), ['decision' => $decision, 'note' => $note], $idempotencyKey);
    }

    /**
     * Gives money back; without an amount all that is left. currency is that of amount: the
     * one that was paid, which is the default, or the session's.
     */
    public function createRefund(
        string $payment,
        string $reason,
        ?string $amount = null,
        ?string $currency = null,
        ?ByHand $byHand = null,
        ?string $idempotencyKey = null,
    ): Refund {
        $params = ['payment' => $payment, 'amount' => $amount, 'currency' => $currency, 'reason' => $reason, 'by_hand' => $byHand];
        return $this->post(Refund::class, self::REFUNDS, $params, $idempotencyKey);
    }

    /** Reads a refund. */
    public function getRefund(string $refund): Refund
    {
        return $this->get(Refund::class, self::at(self::REFUNDS, $refund));
    }

    /**
     * Reads a page of refunds, newest first.
     *
     * @return Page<Refund>
     */
    public function listRefunds(
        ?string $payment = null,
        ?string $session = null,
        ?\DateTimeInterface $createdFrom = null,
        ?\DateTimeInterface $createdTo = null,
        ?int $limit = null,
        ?string $startingAfter = null,
        ?string $endingBefore = null,
    ): Page {
        $query = [
            'payment' => $payment,
            'session' => $session,
            'created_from' => $createdFrom,
            'created_to' => $createdTo,
        ];
        return $this->list(Refund::class, self::REFUNDS, $query + self::part($limit, $startingAfter, $endingBefore));
    }

    // Payment links

    /**
     * Creates a payment link: with an amount, or both amountMin and amountMax.
     *
     * @param list<string>|null $paymentMethods
     * @param list<string>|null $payCurrencies
     * @param list<CustomFieldCreate>|null $customFields
     */
    public function createPaymentLink(
        string $currency,
        string $description,
        ?string $amount = null,
        ?string $amountMin = null,
        ?string $amountMax = null,
        ?string $referencePrefix = null,
        ?string $successUrl = null,
        ?string $cancelUrl = null,
        ?array $paymentMethods = null,
        ?array $payCurrencies = null,
        ?string $locale = null,
        ?int $maxUses = null,
        ?\DateTimeInterface $expiresAt = null,
        ?array $customFields = null,
        ?string $idempotencyKey = null,
    ): PaymentLink {
        $params = [
            'currency' => $currency,
            'description' => $description,
            'amount' => $amount,
            'amount_min' => $amountMin,
            'amount_max' => $amountMax,
            'reference_prefix' => $referencePrefix,
            'success_url' => $successUrl,
            'cancel_url' => $cancelUrl,
            'payment_methods' => $paymentMethods,
            'pay_currencies' => $payCurrencies,
            'locale' => $locale,
            'max_uses' => $maxUses,
            'expires_at' => $expiresAt,
            'custom_fields' => $customFields,
        ];
        return $this->post(PaymentLink::class, self::LINKS, $params, $idempotencyKey);
    }

    /** Reads a payment link. */
    public function getPaymentLink(string $link): PaymentLink
    {
        return $this->get(PaymentLink::class, self::at(self::LINKS, $link));
    }

    /**
     * Reads a page of links, newest first.
     *
     * @return Page<PaymentLink>
     */
    public function listPaymentLinks(
        ?bool $active = null,
        ?int $limit = null,
        ?string $startingAfter = null,
        ?string $endingBefore = null,
    ): Page {
        return $this->list(PaymentLink::class, self::LINKS, ['active' => $active] + self::part($limit, $startingAfter, $endingBefore));
    }

    /** Ends a link; its sessions live on. */
    public function deactivatePaymentLink(string $link, ?string $idempotencyKey = null): PaymentLink
    {
        return $this->post(PaymentLink::class, self::at(self::LINKS, $link, 'deactivate'), [], $idempotencyKey);
    }

    // Webhook endpoints and deliveries

    /**
     * Creates an endpoint; keep its secret. Without events it gets all.
     *
     * @param list<string>|null $events
     */
    public function createWebhookEndpoint(
        string $url,
        ?array $events = null,
        ?string $description = null,
        ?string $idempotencyKey = null,
    ): WebhookEndpointWithSecret {
        $params = ['url' => $url, 'events' => $events, 'description' => $description];
        return $this->post(WebhookEndpointWithSecret::class, self::ENDPOINTS, $params, $idempotencyKey);
    }

    /** Reads an endpoint. */
    public function getWebhookEndpoint(string $endpoint): WebhookEndpoint
    {
        return $this->get(WebhookEndpoint::class, self::at(self::ENDPOINTS, $endpoint));
    }

    /**
     * Reads a page of endpoints, newest first.
     *
     * @return Page<WebhookEndpoint>
     */
    public function listWebhookEndpoints(
        ?int $limit = null,
        ?string $startingAfter = null,
        ?string $endingBefore = null,
    ): Page {
        return $this->list(WebhookEndpoint::class, self::ENDPOINTS, self::part($limit, $startingAfter, $endingBefore));
    }

    /**
     * Changes an endpoint; what is null stays as it is.
     *
     * @param list<string>|null $events
     */
    public function updateWebhookEndpoint(
        string $endpoint,
        ?string $url = null,
        ?array $events = null,
        ?string $description = null,
        ?bool $disabled = null,
        ?string $idempotencyKey = null,
    ): WebhookEndpoint {
        $params = ['url' => $url, 'events' => $events, 'description' => $description, 'disabled' => $disabled];
        return $this->post(WebhookEndpoint::class, self::at(self::ENDPOINTS, $endpoint), $params, $idempotencyKey);
    }

    /** Deletes an endpoint and what was still to be sent to it. */
    public function deleteWebhookEndpoint(string $endpoint): void
    {
        $this->transport->delete(self::at(self::ENDPOINTS, $endpoint));
    }

    /**
     * Gives an endpoint a new secret; keep it. The old one signs too for overlapSeconds, a
     * day unless given.
     */
    public function rotateWebhookSecret(
        string $endpoint,
        ?int $overlapSeconds = null,
        ?string $idempotencyKey = null,
    ): WebhookEndpointWithSecret {
        $params = ['overlap_seconds' => $overlapSeconds];
        return $this->post(WebhookEndpointWithSecret::class, self::at(self::ENDPOINTS, $endpoint, 'rotate_secret'), $params, $idempotencyKey);
    }

    /** Sends a webhook.test event to an endpoint. */
    public function testWebhookEndpoint(string $endpoint, ?string $idempotencyKey = null): Delivery
    {
        return $this->post(Delivery::class, self::at(self::ENDPOINTS, $endpoint, 'test'), [], $idempotencyKey);
    }

    /**
     * Reads a page of an endpoint's deliveries, newest first.
     *
     * @return Page<Delivery>
     */
    public function listDeliveries(
        string $endpoint,
        ?string $status = null,
        ?int $limit = null,
        ?string $startingAfter = null,
        ?string $endingBefore = null,
    ): Page {
        return $this->list(Delivery::class, self::at(self::ENDPOINTS, $endpoint, 'deliveries'), ['status' => $status] + self::part($limit, $startingAfter, $endingBefore));
    }

    /** Sends one delivery once more. */
    public function redeliverOne(string $endpoint, string $delivery, ?string $idempotencyKey = null): Delivery
    {
        $path = self::at(self::at(self::ENDPOINTS, $endpoint, 'deliveries'), $delivery, 'redeliver');
        return $this->post(Delivery::class, $path, [], $idempotencyKey);
    }

    /** Sends the events created from $from to before $to, or all failed deliveries, again. */
    public function redeliver(
        string $endpoint,
        ?\DateTimeInterface $from = null,
        ?\DateTimeInterface $to = null,
        ?bool $failed = null,
        ?string $idempotencyKey = null,
    ): Redelivery {
        $params = ['from' => $from, 'to' => $to, 'failed' => $failed];
        return $this->post(Redelivery::class, self::at(self::ENDPOINTS, $endpoint, 'redeliver'), $params, $idempotencyKey);
    }

    // Events

    /** Reads an event. */
    public function getEvent(string $event): Event
    {
        return $this->get(Event::class, self::at(self::EVENTS, $event));
    }

    /**
     * Reads a page of the feed, oldest first. Keep the sequence of the last event that you
     * have worked on and go on from there later.
     *
     * @return Page<Event>
     */
    public function listEvents(?int $afterSequence = null, ?string $type = null, ?int $limit = null): Page
    {
        $query = ['after_sequence' => $afterSequence, 'type' => $type, 'limit' => $limit];
        return $this->list(Event::class, self::EVENTS, $query, 'after_sequence', static fn (Event $event): int => $event->sequence);
    }

    private static function at(string $path, string $id, string ...$more): string
    {
        return implode('/', [$path, rawurlencode($id), ...$more]);
    }

    /**
     * The parameters that select a page.
     *
     * @return array<string, mixed>
     */
    private static function part(?int $limit, ?string $startingAfter, ?string $endingBefore): array
    {
        return ['limit' => $limit, 'starting_after' => $startingAfter, 'ending_before' => $endingBefore];
    }

    /**
     * @template T of object
     * @param class-string<T> $class
     * @return T
     */
    private function get(string $class, string $path): object
    {
        return Form::read($class, $this->transport->get($path));
    }

    /**
     * @template T of object
     * @param class-string<T> $class
     * @param array<string, mixed> $params
     * @return T
     */
    private function post(string $class, string $path, array $params, ?string $idempotencyKey): object
    {
        return Form::read($class, $this->transport->post($path, $params, $idempotencyKey));
    }

    /**
     * @template T of object
     * @param class-string<T> $class
     * @param array<string, mixed> $query
     * @param string $cursor the parameter that names where the next page begins
     * @param null|\Closure(T): (string|int) $place what it is of an element; the id unless given
     * @return Page<T>
     */
    private function list(string $class, string $path, array $query, string $cursor = 'starting_after', ?\Closure $place = null): Page
    {
        $answer = $this->transport->get($path, $query);
        if (!is_array($answer->data ?? null) || !is_bool($answer->has_more ?? null)) {
            throw new UnexpectedAnswerException('the answer is no list');
        }

        $data = [];
        foreach ($answer->data as $element) {
            $data[] = Form::read($class, $element);
        }
        $place ??= static fn (object $last): string => $last->id;
        $toNewer = isset($query['ending_before']);
        $cursor = $toNewer ? 'ending_before' : $cursor;
        $following = fn (object $last): Page => $this->list($class, $path, [$cursor => $place($last)] + $query, $cursor, $place);
        return new Page($data, $answer->has_more, $following, toNewer: $toNewer);
    }
}
