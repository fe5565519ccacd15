<?php

declare(strict_types=1);

namespace Rieltime;

/**
 * A page of a list.
 *
 * @template T of object
 */
final class Page
{
    /**
     * @param list<T> $data
     * @param bool $hasMore whether the list goes on in this direction
     * @param \Closure(T): Page<T> $following reads the page behind an element
     */
    public function __construct(
        public readonly array $data,
        public readonly bool $hasMore,
        private readonly \Closure $following,
        public readonly string $object = 'list',
    ) {
    }

    /**
     * Goes through this page and all that come after it, reading each when it is needed:
     * `foreach ($client->listSessions(status: 'open')->all() as $session)`.
     *
     * @return \Generator<int, T>
     */
    public function all(): \Generator
    {
        for ($page = $this; ; $page = ($page->following)($page->data[count($page->data) - 1])) {
            foreach ($page->data as $element) {
                yield $element;
            }
            if (!$page->hasMore || $page->data === []) {
                return;
            }
        }
    }
}
