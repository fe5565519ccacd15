<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Iced coffee</title></head>
<body>
    <h1>Iced coffee, $2.50</h1>
    @if (session('problem'))
        <p role="alert">{{ session('problem') }}</p>
    @endif
    <form method="post" action="{{ route('rieltime.shop') }}">
        @csrf
        <button>Buy</button>
    </form>
</body>
</html>
