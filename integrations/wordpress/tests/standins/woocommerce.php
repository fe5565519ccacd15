<?php

// A strict stand-in of the documented interfaces of WooCommerce that the plugin uses: what is
// not listed here does not exist, arguments have WooCommerce's documented types, and an order
// object has what was stored when it was loaded, as in two processes.

declare(strict_types=1);

namespace {
    use Rieltime\Plugin\Tests\Shop;

    /** An order: https://woocommerce.github.io/code-reference/classes/WC-Order.html */
    class WC_Order
    {
        /** @param array<string, mixed> $stored */
        public function __construct(private array $stored)
        {
        }

        public function get_id(): int
        {
            return $this->stored['id'];
        }

        public function get_order_number(): string
        {
            return "#{$this->stored['id']}";
        }

        public function get_total(string $context = 'view'): string
        {
            return $this->stored['total'];
        }

        public function get_currency(string $context = 'view'): string
        {
            return $this->stored['currency'];
        }

        public function get_payment_method(string $context = 'view'): string
        {
            return $this->stored['payment_method'];
        }

        public function get_transaction_id(string $context = 'view'): string
        {
            return $this->stored['transaction_id'];
        }

        public function get_date_paid(string $context = 'view'): ?\DateTime
        {
            return $this->stored['date_paid'];
        }

        public function needs_payment(): bool
        {
            return in_array($this->stored['status'], ['pending', 'failed'], true);
        }

        public function key_is_valid(string $key): bool
        {
            return $key === $this->stored['order_key'];
        }

        public function get_checkout_order_received_url(): string
        {
            return "https://shop.example/checkout/order-received/{$this->stored['id']}/?key={$this->stored['order_key']}";
        }

        public function get_checkout_payment_url(bool $on_checkout = false): string
        {
            return "https://shop.example/checkout/order-pay/{$this->stored['id']}/?pay_for_order=true&key={$this->stored['order_key']}";
        }

        public function get_meta(string $key = '', bool $single = true, string $context = 'view'): mixed
        {
            return $this->stored['meta'][$key] ?? '';
        }

        public function update_meta_data(string $key, string $value, int $meta_id = 0): void
        {
            $this->stored['meta'][$key] = $value;
        }

        public function save(): int
        {
            Shop::$orders[$this->stored['id']] = $this->stored;
            return $this->stored['id'];
        }

        public function add_order_note(string $note, int $is_customer_note = 0, bool $added_by_user = false): int
        {
            return array_push(Shop::$notes, $note);
        }

        public function update_status(string $new_status, string $note = '', bool $manual = false): bool
        {
            $this->stored['status'] = $new_status;
            $this->add_order_note($note);
            $this->save();
            return true;
        }

        /** As documented: only an order of these states becomes paid, and an order without a date of payment gets one. */
        public function payment_complete(string $transaction_id = ''): bool
        {
            if (!Shop::$completes) {
                return false;
            }
            if (in_array($this->stored['status'], ['on-hold', 'pending', 'failed', 'cancelled'], true)) {
                $this->stored['status'] = 'processing';
                $this->stored['transaction_id'] = $transaction_id;
                $this->stored['date_paid'] ??= new \DateTime();
                $this->save();
                Shop::$completed[] = $this->stored['id'];
            }
            return true;
        }
    }

    /** A refund is an order too. */
    final class WC_Order_Refund
    {
    }

    function wc_get_order(int $id): WC_Order|WC_Order_Refund|false
    {
        $stored = Shop::$orders[$id] ?? false;
        return is_array($stored) ? new WC_Order($stored) : $stored;
    }

    function wc_get_logger(): object
    {
        return new class () {
            /** @param array<string, mixed> $context */
            public function info(string $message, array $context = []): void
            {
                Shop::$log[] = $message;
            }
        };
    }

    /** Reports whether the page is one of an endpoint, which the address then has as a query variable. */
    function is_wc_endpoint_url(string $endpoint): bool
    {
        return isset(WordPress::$query[$endpoint]);
    }

    function get_woocommerce_currency(): string
    {
        return Shop::$currency;
    }

    /** A payment gateway: https://developer.woocommerce.com/docs/woocommerce-payment-gateway-api/ */
    abstract class WC_Payment_Gateway
    {
        public $id = '';
        public $title = '';
        public $description = '';
        public $method_title = '';
        public $method_description = '';
        public $has_fields = false;
        public $supports = ['products'];
        public $form_fields = [];
        public $settings = [];
        public $enabled = 'yes';

        public function init_settings(): void
        {
            $this->settings = get_option("woocommerce_{$this->id}_settings", null) ?? array_map(static fn (array $field) => $field['default'] ?? '', $this->form_fields);
            $this->enabled = ($this->settings['enabled'] ?? '') === 'yes' ? 'yes' : 'no';
        }

        public function get_option(string $key, mixed $empty_value = null): mixed
        {
            return $this->settings[$key] ?? $this->form_fields[$key]['default'] ?? $empty_value;
        }

        public function is_available()
        {
            return $this->enabled === 'yes';
        }

        public function get_title()
        {
            return $this->title;
        }

        public function needs_setup()
        {
            return false;
        }

        public function admin_options()
        {
        }

        public function process_admin_options()
        {
            return true;
        }

        public function process_payment($order_id)
        {
            return [];
        }

        public function process_refund($order_id, $amount = null, $reason = '')
        {
            return false;
        }
    }

    final class WP_Error
    {
        public function __construct(public readonly string $code, public readonly string $message)
        {
        }
    }
}

namespace Automattic\WooCommerce\Blocks\Payments\Integrations {
    /** https://developer.woocommerce.com/docs/block-development/extensible-blocks/cart-and-checkout-blocks/checkout-payment-methods/payment-method-integration/ */
    abstract class AbstractPaymentMethodType
    {
        protected $name = '';
        protected $settings = [];

        abstract public function initialize();

        public function get_name()
        {
            return $this->name;
        }

        public function is_active()
        {
            return true;
        }

        public function get_payment_method_script_handles()
        {
            return [];
        }

        public function get_payment_method_data()
        {
            return [];
        }

        protected function get_setting($name, $default = '')
        {
            return $this->settings[$name] ?? $default;
        }
    }
}

namespace Automattic\WooCommerce\Utilities {
    use Rieltime\Plugin\Tests\Shop;

    final class FeaturesUtil
    {
        public static function declare_compatibility(string $feature_id, string $plugin_file, bool $positive_compatibility = true): bool
        {
            Shop::$features[$feature_id] = $positive_compatibility;
            return true;
        }
    }
}

namespace Rieltime\Plugin\Tests {
    /** What is stored in the shop of a test. */
    final class Shop
    {
        /** @var array<int, array<string, mixed>|\WC_Order_Refund> */
        public static array $orders = [];

        /** @var list<string> */
        public static array $notes = [];

        /** @var list<int> orders whose payment was completed, once each time it was */
        public static array $completed = [];

        /** @var list<string> */
        public static array $log = [];

        /** @var array<string, bool> */
        public static array $features = [];

        public static bool $completes = true; // whether payment_complete works
        public static string $currency = 'USD';

        public static function open(): void
        {
            self::$orders = self::$notes = self::$completed = self::$log = self::$features = [];
            self::$completes = true;
            self::$currency = 'USD';
        }

        public static function addOrder(int $id, string $total = '2.5', string $currency = 'USD', string $status = 'pending', string $payment_method = 'rieltime'): void
        {
            self::$orders[$id] = [
                'transaction_id' => '', 'date_paid' => null, 'order_key' => "wc_order_$id", 'meta' => [],
            ] + compact('id', 'total', 'currency', 'status', 'payment_method');
        }
    }
}
