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
     * @param bool $toNewer whether what follows is newer
     */
    public function __construct(
        public readonly array $data,
        public readonly bool $hasMore,
        private readonly \Closure $following,
        public readonly string $object = 'list',
        private readonly bool $toNewer = false,
    ) {
    }

    /**
     * Goes through this page and all that come after it, reading each when it is needed:
     * `foreach ($client->listSessions(status: 'open')->all() as $session)`. From a page with
     * endingBefore it goes to newer ones, the nearest first.
     *
     * @return \Generator<int, T>
     */
    public function all(): \Generator
    {
        for ($page = $this; ; $page = ($page->following)($elements[count($elements) - 1])) {
            // Every page has its newest first.
            $elements = $page->toNewer ? array_reverse($page->data) : $page->data;
            foreach ($elements as $element) {
                yield $element;
            }
            if (!$page->hasMore || $elements === []) {
                return;
            }
        }
    }
}
