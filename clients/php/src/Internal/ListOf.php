<?php

declare(strict_types=1);

namespace Rieltime\Internal;

/** Marks a property that is a list. */
#[\Attribute(\Attribute::TARGET_PROPERTY | \Attribute::TARGET_PARAMETER)]
final class ListOf
{
    /** @param string $element a class, or "string" */
    public function __construct(public readonly string $element)
    {
    }
}
