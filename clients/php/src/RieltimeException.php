<?php

declare(strict_types=1);

namespace Rieltime;

/** The base of all exceptions of this package. */
abstract class RieltimeException extends \RuntimeException
{
}
