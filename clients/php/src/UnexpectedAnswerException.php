<?php

declare(strict_types=1);

namespace Rieltime;

/** The answer is a success, but not of the form that the API documents. */
final class UnexpectedAnswerException extends RieltimeException
{
}
