<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Your order</title></head>
<body>
    @if ($outcome === App\Checkout\Outcome::Paid)
        <h1>Thank you, your order is paid.</h1>
    @elseif ($outcome === App\Checkout\Outcome::Mismatch)
        <h1>We are looking at your payment.</h1>
        <p>It does not fit your order. Please contact us.</p>
    @else
        <h1>Your order is not paid yet.</h1>
        <p><a href="{{ request()->fullUrl() }}">Check again</a> or <a href="{{ route('rieltime.shop') }}">go back to the shop</a>.</p>
    @endif
</body>
</html>
