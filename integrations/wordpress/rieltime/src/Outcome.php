<?php

declare(strict_types=1);

namespace Rieltime\Plugin;

/** What a session says about the purchase that it was made for. */
enum Outcome
{
    case Paid;
    case Open;     // not paid, and it may still become so
    case Closed;   // it expired or was canceled, unpaid
    case Mismatch; // it is not what was asked for: somebody must look
    case Unknown;  // the shop does not know the purchase, or Rieltime could not be asked
}
