<?php

declare(strict_types=1);

namespace Rieltime;

/** A webhook that is not from Rieltime, or too old. Answer 400. */
final class WebhookException extends RieltimeException
{
}
