<?php

declare(strict_types=1);

namespace Rieltime;

/** One of several fields at fault. */
final class FieldError
{
    public function __construct(
        public readonly string $code,
        public readonly string $param,
        public readonly string $detail,
    ) {
    }
}
