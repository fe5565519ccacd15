<?php

declare(strict_types=1);

namespace Rieltime\Plugin\WooCommerce;

use Rieltime\ApiException;
use Rieltime\Event;
use Rieltime\Payment;
use Rieltime\Plugin\Expected;
use Rieltime\Plugin\Outcome;
use Rieltime\Plugin\Settings;
use Rieltime\Refund;
use Rieltime\RieltimeException;
use Rieltime\Session;

/** Pays orders: makes their sessions, settles them, and gives money back. */
final class OrderPayments
{
    /** @param \Closure(string): void $log takes lines that hold no key, secret or personal data */
    public function __construct(
        private readonly Settings $settings,
        private readonly Lock $lock,
        private readonly \Closure $log,
    ) {
    }

    /**
     * Returns where to send the buyer: the open session of the order, a new one, or, when
     * it turns out to be paid already, the thank-you page. An order has one open session
     * at most, so that going back and pressing again cannot pay twice.
     *
     * @throws RieltimeException
     */
    public function start(int $id): string
    {
        return $this->lock->with($id, function () use ($id): string {
            $order = Order::toPay($id);
            if ($order->isPaid()) {
                return $order->returnAddress();
            }

            $amount = $order->amount();
            if ($order->session() !== '') {
                $session = $this->read($order);
                if ($this->apply($order, $session) === Outcome::Paid) {
                    return $order->returnAddress();
                }
                if ($session->status === 'complete') {
                    throw new \RuntimeException("session {$session->id} is paid and does not fit"); // not to be paid again
                }

                $fits = $session->amount === $amount && $session->currency === $order->currency() && $session->mode === $this->settings->mode();
                if ($session->status === 'open' && $fits) {
                    return $session->url;
                }
                if ($session->status === 'open') {
                    // The order has changed: what it was before must not be paid any more.
                    $this->settings->client($order->mode())->expireSession($session->id);
                }
                $order->dropSession();
            }
            return $this->create($order, $amount);
        });
    }

    private function create(Order $order, string $amount): string
    {
        $mode = $this->settings->mode();
        $reference = $order->reference();
        $session = $this->settings->client($mode)->createSession(
            amount: $amount,
            currency: $order->currency(),
            reference: $reference,
            successUrl: $order->returnAddress(),
            cancelUrl: $order->payAddress(),
            description: sprintf('Order %s', $order->number()),
            // The same until the answer has come: a lost one is asked for again.
            idempotencyKey: "$reference-{$order->attempt()}-$amount-{$order->currency()}",
        );
        $order->setSession($session->id, $amount, $mode);
        $order->note("Rieltime: the buyer was sent to pay $amount {$order->currency()} ($mode mode, session {$session->id}).");
        ($this->log)("order {$order->id()}: session {$session->id} of $amount {$order->currency()}");
        return $session->url;
    }

    /**
     * Reads the session of an order back and settles it. A paid order asks nobody.
     *
     * @throws RieltimeException
     */
    public function check(int $id): Outcome
    {
        return $this->lock->with($id, function () use ($id): Outcome {
            $order = Order::find($id);
            if ($order === null || !$order->isPaid() && $order->session() === '') {
                return Outcome::Unknown;
            }
            return $order->isPaid() ? Outcome::Paid : $this->apply($order, $this->read($order));
        });
    }

    /** Works on a verified event; those about other things than this shop's orders are left alone. */
    public function receive(Event $event): void
    {
        $object = $event->data->object;
        $reference = $object instanceof Session ? $object->reference : ($object->merchantReference ?? '');
        $id = Order::idOf((string) $reference);
        if ($id === 0) {
            return;
        }
        $this->lock->with($id, function () use ($id, $reference, $event, $object): void {
            $order = Order::find($id);
            if ($order === null || $order->reference() !== $reference) {
                ($this->log)("event {$event->id}: order $id is not of this shop");
                return;
            }
            match (true) {
                $object instanceof Session && $event->type === 'checkout.session.completed' => $this->apply($order, $object),
                $object instanceof Refund => $this->noteRefund($order, $event, $object),
                $object instanceof Payment && $object->review !== null => $order->noteOnce(
                    $event->id,
                    "Rieltime: payment {$object->id} of {$object->amount} {$object->currency} waits for your decision: {$object->review}.",
                ),
                default => null, // such as a failed attempt: the buyer may try another
            };
        });
    }

    /** Settles an order by a session. Nothing takes back that an order is paid. */
    private function apply(Order $order, Session $session): Outcome
    {
        $expected = new Expected($order->session(), $order->reference(), $order->sessionAmount(), $order->currency(), $order->mode());
        $outcome = $expected->compare($session);
        if ($outcome === Outcome::Paid && $session->amount !== $order->amount()) {
            $outcome = Outcome::Mismatch; // the order was changed since
        }

        if ($order->isPaid()) {
            if ($session->status === 'complete' && $session->payment !== $order->payment()) {
                $order->noteOnce($session->id, "Rieltime: this order was paid before, and session {$session->id} with {$session->amount} {$session->currency} too. Give one of them back.");
            }
            return Outcome::Paid;
        }
        if ($outcome === Outcome::Paid) {
            $this->complete($order, $session);
        } elseif ($outcome === Outcome::Mismatch && $session->status === 'complete') {
            $this->holdMismatch($order, $session);
        }
        return $outcome;
    }

    private function complete(Order $order, Session $session): void
    {
        if (!$order->complete((string) $session->payment)) {
            throw new \RuntimeException("WooCommerce did not complete order {$order->id()}");
        }
        ($this->log)("order {$order->id()}: paid by session {$session->id}");
        $received = "Rieltime: {$session->amount} {$session->currency} received (payment {$session->payment})";
        // WooCommerce leaves orders of some states as they are, such as those given back.
        $order->noteOnce($session->id, $order->isPaid() ? "$received." : "$received, but the order takes no payment any more. Look at it.");
    }

    private function holdMismatch(Order $order, Session $session): void
    {
        ($this->log)("order {$order->id()}: session {$session->id} is paid and does not fit");
        $text = "Rieltime: session {$session->id} was paid with {$session->amount} {$session->currency}, which does not fit this order. Compare the two before you deliver.";
        if ($order->needsPayment()) {
            $order->hold($text);
        } else {
            $order->noteOnce($session->id, $text);
        }
    }

    /**
     * Gives money back. While the answer to a refund is not known, repeating it with the
     * same amount does not give the money twice.
     *
     * @throws RieltimeException
     */
    public function refund(int $id, string $amount, string $reason): Refund
    {
        return $this->lock->with($id, function () use ($id, $amount, $reason): Refund {
            $order = Order::find($id);
            if ($order === null || $order->payment() === '') {
                throw new \InvalidArgumentException('no payment is known of this order');
            }
            $refund = $this->settings->client($order->mode())->createRefund(
                payment: $order->payment(),
                reason: mb_substr(trim($reason), 0, 255) ?: "Order {$order->number()}",
                amount: $amount,
                idempotencyKey: "{$order->reference()}-refund-{$order->refunds()}-$amount",
            );
            // From here on, the same amount is another refund.
            $order->countRefund();
            if ($refund->status !== 'failed') {
                $order->note("Rieltime: refund {$refund->id} of {$refund->amount} {$refund->currency}: {$refund->status}.");
            }
            ($this->log)("order $id: refund {$refund->id}: {$refund->status}");
            return $refund;
        });
    }

    private function noteRefund(Order $order, Event $event, Refund $refund): void
    {
        $order->noteOnce($event->id, match ($event->type) {
            'refund.succeeded' => "Rieltime: refund {$refund->id} of {$refund->amount} {$refund->currency} was given.",
            'refund.failed' => "Rieltime: refund {$refund->id} of {$refund->amount} {$refund->currency} failed ({$refund->failureCode}): the buyer has not got this money. Give it back in another way.",
            default => "Rieltime: nobody knows what became of refund {$refund->id} of {$refund->amount} {$refund->currency}. Ask the provider.",
        });
    }

    /**
     * Reports whether WooCommerce may cancel an order that was not paid in time: not when
     * it is paid after all, nor while that is not known.
     */
    public function mayCancel(int $id): bool
    {
        try {
            return $this->check($id) !== Outcome::Paid;
        } catch (RieltimeException | \RuntimeException $error) {
            ($this->log)("order $id: not canceled, its session was not read: {$error->getMessage()}");
            return false;
        }
    }

    /** Closes the session of a canceled order, so that nobody pays for it any more. */
    public function close(int $id): void
    {
        $order = Order::find($id);
        if ($order === null || $order->session() === '' || $order->isPaid()) {
            return;
        }
        try {
            $this->settings->client($order->mode())->expireSession($order->session());
        } catch (ApiException $error) {
            if ($error->errorCode === 'session_complete') {
                $this->check($id); // it was paid a moment ago: the order comes back
            }
        } catch (RieltimeException $error) {
            ($this->log)("order $id: its session was not closed: {$error->getMessage()}");
        }
    }

    private function read(Order $order): Session
    {
        return $this->settings->client($order->mode())->getSession($order->session());
    }
}
