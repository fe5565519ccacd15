<?php

declare(strict_types=1);

namespace Rieltime\Internal;

/** Marks a property that is an object of texts by keys of the merchant. */
#[\Attribute(\Attribute::TARGET_PROPERTY | \Attribute::TARGET_PARAMETER)]
final class MapOfTexts
{
}
