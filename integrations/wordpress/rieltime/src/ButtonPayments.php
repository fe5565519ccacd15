<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

/** What buyers of buttons were sent to pay, in a table of its own. */
final class ButtonPayments
{
    private const KEPT_UNPAID = 90; // days

    private readonly string $table;

    public function __construct(private readonly \wpdb $database)
    {
        $this->table = $database->prefix . 'rieltime_payments';
    }

    public function createTable(): void
    {
        require_once ABSPATH . 'wp-admin/includes/upgrade.php';
        // dbDelta wants each column on its own line, and two blanks before the key.
        dbDelta("CREATE TABLE {$this->table} (
            reference varchar(64) NOT NULL,
            session varchar(64) NOT NULL DEFAULT '',
            amount varchar(20) NOT NULL,
            currency char(3) NOT NULL,
            mode varchar(4) NOT NULL,
            description varchar(500) NOT NULL,
            page bigint(20) unsigned NOT NULL,
            created_at datetime NOT NULL,
            paid_at datetime NULL,
            PRIMARY KEY  (reference)
        ) {$this->database->get_charset_collate()};");
    }

    /** Adds a payment whose session is not made yet, and forgets those that nobody made. */
    public function add(string $reference, string $amount, string $mode, Offer $offer): void
    {
        $this->run("DELETE FROM {$this->table} WHERE paid_at IS NULL AND created_at < %s", gmdate('Y-m-d H:i:s', time() - self::KEPT_UNPAID * 86400));
        $this->run(
            "INSERT INTO {$this->table} (reference, amount, currency, mode, description, page, created_at) VALUES (%s, %s, %s, %s, %s, %d, %s)",
            $reference, $amount, $offer->currency, $mode, $offer->description, $offer->page, gmdate('Y-m-d H:i:s'),
        );
    }

    public function setSession(string $reference, string $session): void
    {
        $this->run("UPDATE {$this->table} SET session = %s WHERE reference = %s", $session, $reference);
    }

    /** @return null|object{reference: string, session: string, amount: string, currency: string, mode: string, description: string, page: string, paid_at: ?string} */
    public function find(string $reference): ?object
    {
        return $this->database->get_row($this->database->prepare("SELECT * FROM {$this->table} WHERE reference = %s", $reference));
    }

    /** Marks a payment as paid, and reports whether this call did it: once, however many run at a time. */
    public function markPaid(string $reference): bool
    {
        return $this->run("UPDATE {$this->table} SET paid_at = %s WHERE reference = %s AND paid_at IS NULL", gmdate('Y-m-d H:i:s'), $reference) === 1;
    }

    private function run(string $sql, string|int ...$values): int
    {
        $changed = $this->database->query($this->database->prepare($sql, ...$values));
        if ($changed === false) {
            throw new \RuntimeException('the database refused to keep a payment');
        }
        return (int) $changed;
    }
}
