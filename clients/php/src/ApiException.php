<?php

declare(strict_types=1);

namespace Rieltime;

/** What the API answered instead of 2xx. */
final class ApiException extends RieltimeException
{
    /**
     * @param int $status the HTTP status
     * @param string $errorCode stable, see ErrorCode at /docs; empty when the answer is not from the API
     * @param string $param the field at fault; may be empty
     * @param string $detail for people
     * @param int $retryAfter seconds; 0 when the server does not say
     * @param list<FieldError> $errors each field at fault, where several are
     */
    public function __construct(
        public readonly int $status,
        public readonly string $errorCode = '',
        public readonly string $param = '',
        public readonly string $detail = '',
        public readonly string $requestId = '',
        public readonly int $retryAfter = 0,
        public readonly array $errors = [],
    ) {
        parent::__construct("$status $errorCode: $detail (request $requestId)", $status);
    }
}
