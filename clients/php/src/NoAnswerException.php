<?php

declare(strict_types=1);

namespace Rieltime;

/** No answer came: whether the request was carried out is not known. Repeat a POST with the same idempotencyKey. */
final class NoAnswerException extends RieltimeException
{
}
