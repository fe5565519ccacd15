<?php

// A stand-in of the little of WordPress that the logic calls: actions, options, and wpdb on
// SQLite. The plugin's own tests in a browser run in the real one.

declare(strict_types=1);

final class wpdb
{
    public string $prefix = 'wp_';

    /** @var list<string> names of locks that are held */
    public array $locks = [];

    public bool $busy = false; // another process holds every lock

    private \PDO $database;

    public function __construct()
    {
        $this->database = new \PDO('sqlite::memory:', options: [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]);
        $this->database->exec("CREATE TABLE wp_rieltime_payments (reference TEXT PRIMARY KEY, session TEXT NOT NULL DEFAULT '', amount TEXT NOT NULL, currency TEXT NOT NULL,
            mode TEXT NOT NULL, description TEXT NOT NULL, page INTEGER NOT NULL, created_at TEXT NOT NULL, paid_at TEXT)");
    }

    public function prepare(string $sql, string|int ...$values): string
    {
        $parts = preg_split('/%[sd]/', $sql) ?: [];
        if (count($parts) !== count($values) + 1) {
            throw new \LogicException("the values do not fit: $sql");
        }
        $text = array_shift($parts);
        foreach ($parts as $i => $part) {
            $text .= (is_int($values[$i]) ? $values[$i] : $this->database->quote($values[$i])) . $part;
        }
        return $text;
    }

    public function query(string $sql): int|false
    {
        return $this->database->exec($sql);
    }

    public function get_row(string $sql): ?object
    {
        return $this->database->query($sql)->fetch(\PDO::FETCH_OBJ) ?: null;
    }

    /** MySQL's locks by name. */
    public function get_var(string $sql): ?string
    {
        if (preg_match("/^SELECT GET_LOCK\\('([^']{1,64})', \\d+\\)$/", $sql, $parts) === 1) {
            if ($this->busy) {
                return '0';
            }
            $this->locks[] = $parts[1];
            return '1';
        }
        if (preg_match("/^SELECT RELEASE_LOCK\\('([^']+)'\\)$/", $sql, $parts) === 1) {
            $held = array_search($parts[1], $this->locks, true);
            if ($held === false) {
                throw new \LogicException("{$parts[1]} is not held");
            }
            unset($this->locks[$held]);
            return '1';
        }
        throw new \LogicException("the stand-in does not know $sql");
    }
}

/** What WordPress was told and asked in a test. */
final class WordPress
{
    /** @var array<string, list<list<mixed>>> arguments of each call, by action */
    public static array $actions = [];

    /** @var array<string, mixed> */
    public static array $options = [];

    /** @var array<string, array{string, list<string>}> address and dependencies, by handle */
    public static array $scripts = [];

    /** @var array<string, list<array{callable, int}>> callbacks and how many arguments they take, by hook */
    public static array $hooks = [];

    /** @var array<string, string> what the page's address selects */
    public static array $query = [];

    public static bool $cached = true; // whether a cache may keep the page

    public static function reset(): void
    {
        self::$actions = self::$options = self::$scripts = self::$hooks = self::$query = [];
        self::$cached = true;
    }

    /** Runs the callbacks of a hook; a filter's first argument goes through them. */
    public static function run(string $hook, mixed ...$arguments): mixed
    {
        foreach (self::$hooks[$hook] ?? throw new \LogicException("nothing hooks on $hook") as [$callback, $accepted]) {
            $arguments[0] = $callback(...array_slice($arguments, 0, $accepted)) ?? $arguments[0] ?? null;
        }
        return $arguments[0] ?? null;
    }
}

function do_action(string $action, mixed ...$arguments): void
{
    WordPress::$actions[$action][] = $arguments;
}

function add_action(string $hook, callable $callback, int $priority = 10, int $accepted_args = 1): bool
{
    WordPress::$hooks[$hook][] = [$callback, $accepted_args];
    return true;
}

function add_filter(string $hook, callable $callback, int $priority = 10, int $accepted_args = 1): bool
{
    return add_action($hook, $callback, $priority, $accepted_args);
}

function get_option(string $name, mixed $default = false): mixed
{
    return WordPress::$options[$name] ?? $default;
}

/** @param list<string> $deps */
function wp_register_script(string $handle, string $src, array $deps, string $ver, bool $in_footer): bool
{
    WordPress::$scripts[$handle] = [$src, $deps];
    return true;
}

function plugins_url(string $path, string $plugin): string
{
    return $path;
}

function __(string $text, string $domain): string
{
    return $text;
}

function esc_html__(string $text, string $domain): string
{
    return esc_html($text);
}

function esc_html(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}

function esc_attr(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}

function esc_url(string $url): string
{
    return str_replace('&', '&#038;', $url);
}

function absint(mixed $number): int
{
    return abs((int) $number);
}

function wp_unslash(mixed $value): mixed
{
    return is_array($value) ? array_map(wp_unslash(...), $value) : stripslashes($value);
}

function get_query_var(string $name, mixed $default = ''): mixed
{
    return WordPress::$query[$name] ?? $default;
}

function nocache_headers(): void
{
    WordPress::$cached = false;
}
