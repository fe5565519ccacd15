<?php

declare(strict_types=1);

namespace Rieltime\Plugin\WooCommerce;

use Rieltime\Plugin\Amount;

/**
 * An order of WooCommerce, by the documented methods of WC_Order alone, which also work on
 * high-performance order storage. What the plugin keeps of it is in its meta data.
 */
final class Order
{
    private const REFERENCE = '_rieltime_reference';
    private const SESSION = '_rieltime_session';
    private const AMOUNT = '_rieltime_amount';
    private const MODE = '_rieltime_mode';
    private const ATTEMPT = '_rieltime_attempt';
    private const REFUNDS = '_rieltime_refunds';
    private const NOTED = '_rieltime_noted';

    private function __construct(private readonly \WC_Order $order)
    {
    }

    /** Finds an order that is paid through this plugin. */
    public static function find(int $id): ?self
    {
        $order = wc_get_order($id);
        // A refund is an order too, of another class.
        return $order instanceof \WC_Order && $order->get_payment_method() === Gateway::ID ? new self($order) : null;
    }

    /** Finds an order that is about to be paid: WooCommerce may not have stored by which gateway. */
    public static function toPay(int $id): self
    {
        $order = wc_get_order($id);
        return $order instanceof \WC_Order ? new self($order) : throw new \InvalidArgumentException('there is no such order');
    }

    public static function idOf(string $reference): int
    {
        return preg_match('/^WC-(\d{1,18})-[0-9a-f]{12}$/D', $reference, $parts) === 1 ? (int) $parts[1] : 0;
    }

    public function id(): int
    {
        return $this->order->get_id();
    }

    /**
     * What is to be paid, as the API writes it.
     *
     * @throws \InvalidArgumentException
     */
    public function amount(): string
    {
        return Amount::text((string) $this->order->get_total('edit'), $this->currency());
    }

    public function currency(): string
    {
        return $this->order->get_currency('edit');
    }

    public function number(): string
    {
        return $this->order->get_order_number();
    }

    /** Reports whether money came: it stays so whatever becomes of the order's status. */
    public function isPaid(): bool
    {
        return $this->order->get_date_paid('edit') !== null;
    }

    public function needsPayment(): bool
    {
        return $this->order->needs_payment();
    }

    public function hasKey(string $key): bool
    {
        return $this->order->key_is_valid($key);
    }

    /** The order's reference at Rieltime: other shops of the merchant may have an order of this number. */
    public function reference(): string
    {
        $reference = $this->meta(self::REFERENCE);
        if ($reference === '') {
            $reference = 'WC-' . $this->id() . '-' . bin2hex(random_bytes(6));
            $this->setMeta([self::REFERENCE => $reference]);
        }
        return $reference;
    }

    public function session(): string
    {
        return $this->meta(self::SESSION);
    }

    /** The amount that the session asks for, which the order's may have left since. */
    public function sessionAmount(): string
    {
        return $this->meta(self::AMOUNT);
    }

    public function mode(): string
    {
        return $this->meta(self::MODE);
    }

    /** How many sessions the order has had. */
    public function attempt(): int
    {
        return (int) $this->meta(self::ATTEMPT);
    }

    public function setSession(string $session, string $amount, string $mode): void
    {
        $this->setMeta([self::SESSION => $session, self::AMOUNT => $amount, self::MODE => $mode, self::ATTEMPT => (string) ($this->attempt() + 1)]);
    }

    /** Forgets a session that can no longer be paid. */
    public function dropSession(): void
    {
        $this->setMeta([self::SESSION => '', self::AMOUNT => '']);
    }

    public function returnAddress(): string
    {
        return $this->order->get_checkout_order_received_url();
    }

    /** Where a buyer who pays nothing goes: the order stays, and its session with it. */
    public function payAddress(): string
    {
        return $this->order->get_checkout_payment_url();
    }

    /** Completes the payment: stock, mails and status are WooCommerce's part. */
    public function complete(string $payment): bool
    {
        return $this->order->payment_complete($payment);
    }

    /** The id of the payment at Rieltime, "pay_…". */
    public function payment(): string
    {
        return $this->order->get_transaction_id('edit');
    }

    public function note(string $text): void
    {
        $this->order->add_order_note($text);
    }

    /** Adds a note about something once, however often its news come. */
    public function noteOnce(string $about, string $text): void
    {
        $noted = array_filter(explode(' ', $this->meta(self::NOTED)));
        if (in_array($about, $noted, true)) {
            return;
        }
        $this->setMeta([self::NOTED => implode(' ', [...$noted, $about])]);
        $this->note($text);
    }

    /** Stops an unpaid order until somebody has looked. */
    public function hold(string $note): void
    {
        $this->order->update_status('on-hold', $note);
    }

    /** How many refunds went through. */
    public function refunds(): int
    {
        return (int) $this->meta(self::REFUNDS);
    }

    public function countRefund(): void
    {
        $this->setMeta([self::REFUNDS => (string) ($this->refunds() + 1)]);
    }

    private function meta(string $name): string
    {
        return (string) $this->order->get_meta($name, true, 'edit');
    }

    /** @param array<string, string> $values */
    private function setMeta(array $values): void
    {
        foreach ($values as $name => $value) {
            $this->order->update_meta_data($name, $value);
        }
        $this->order->save();
    }
}
