<?php

declare(strict_types=1);

namespace App\Checkout;

/** What a session says about an order. */
enum Outcome
{
    case Paid;     // the order is paid, by now or before
    case NotPaid;  // it is not; it may still become so
    case Mismatch; // the session is not what the order asked for: somebody must look
    case Unknown;  // there is no such order
}
