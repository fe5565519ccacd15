<?php

declare(strict_types=1);

namespace Rieltime\Plugin\WooCommerce;

/**
 * Lets one process at a time work on an order. WooCommerce's own completion of a payment
 * is not safe when a webhook and a returning buyer call it at the same moment. The lock
 * belongs to the database connection, so it ends with a process that dies.
 */
final class Lock
{
    /** @param int $patience seconds to wait for another process; longer than a session takes to be read */
    public function __construct(private readonly \wpdb $database, private readonly int $patience = 25)
    {
    }

    /**
     * @template T
     * @param \Closure(): T $work
     * @return T
     */
    public function with(int $order, \Closure $work): mixed
    {
        $name = substr(md5($this->database->prefix), 0, 12) . ".rieltime.$order"; // several sites may share a server
        if ((string) $this->database->get_var($this->database->prepare('SELECT GET_LOCK(%s, %d)', $name, $this->patience)) !== '1') {
            throw new \RuntimeException("order $order is being worked on");
        }
        try {
            return $work();
        } finally {
            $this->database->get_var($this->database->prepare('SELECT RELEASE_LOCK(%s)', $name));
        }
    }
}
