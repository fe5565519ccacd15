<?php

declare(strict_types=1);

namespace App\Checkout;

/** The shop's orders, in its own database. */
final class Orders
{
    public function __construct(private readonly \PDO $database)
    {
    }

    public function add(string $reference, string $amount, string $currency): void
    {
        $this->run('INSERT INTO orders (reference, amount, currency) VALUES (?, ?, ?)', $reference, $amount, $currency);
    }

    public function setSession(string $reference, string $session): void
    {
        $this->run('UPDATE orders SET session = ? WHERE reference = ?', $session, $reference);
    }

    /** @return null|array{reference: string, amount: string, currency: string, session: ?string, paid_at: ?string} */
    public function find(string $reference): ?array
    {
        $found = $this->run('SELECT reference, amount, currency, session, paid_at FROM orders WHERE reference = ?', $reference)->fetch(\PDO::FETCH_ASSOC);
        return $found === false ? null : $found;
    }

    /**
     * Marks an order as paid and fulfils it, in one transaction: once, however often and
     * by how many processes at a time it is called. When $fulfil throws, it is not paid.
     *
     * @param callable(): void $fulfil
     */
    public function pay(string $reference, string $session, callable $fulfil): void
    {
        $this->database->beginTransaction();
        try {
            $marked = $this->run('UPDATE orders SET session = ?, paid_at = ? WHERE reference = ? AND paid_at IS NULL', $session, gmdate('Y-m-d H:i:s'), $reference);
            if ($marked->rowCount() === 1) {
                $fulfil();
            }
            $this->database->commit();
        } catch (\Throwable $error) {
            $this->database->rollBack();
            throw $error;
        }
    }

    private function run(string $sql, ?string ...$values): \PDOStatement
    {
        $statement = $this->database->prepare($sql);
        $statement->execute($values);
        return $statement;
    }
}
