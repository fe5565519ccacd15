"""Between JSON and the objects of the API."""

import dataclasses
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from . import objects

T = TypeVar("T")

# The class of an event's object, by what its "object" says.
KINDS: dict[str, type[objects.EventObject]] = {
    "checkout.session": objects.Session,
    "payment": objects.Payment,
    "refund": objects.Refund,
    "event_digest": objects.EventDigest,
    "webhook_endpoint": objects.WebhookEndpoint,
}

TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)


class OtherForm(ValueError):
    """A value that is not of the form wanted; its text says where."""


def read(kind: type[T], value: Any) -> T:
    """Makes an object of a dataclass from parsed JSON. Unknown fields go to extra;
    raises OtherForm for a missing field or a value of another type."""
    return cast(T, _read_object(kind, value, kind.__name__))


@cache
def _fields(kind: type) -> dict[str, tuple[Any, bool]]:
    """The type of each field, and whether it may be left out."""
    hints = get_type_hints(kind)
    found = {}
    for f in dataclasses.fields(kind):
        optional = f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING
        found[f.name] = (hints[f.name], optional)
    return found


def _read_object(kind: type, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise OtherForm(f"{place} is no object")
    if kind is objects.EventData and isinstance(value.get("object"), dict):
        return _read_event_data(value)

    if kind is objects.Payment:
        value = _with_price(value)
    known = {name: about for name, about in _fields(kind).items() if name != "extra"}
    members: dict[str, Any] = {}
    for name, (hint, optional) in known.items():
        if name in value:
            members[name] = _read_value(hint, value[name], f"{place}.{name}")
        elif not optional:
            members[name] = _absent(hint, f"{place}.{name}")

    members["extra"] = {name: member for name, member in value.items() if name not in known}
    return kind(**members)


def _with_price(payment: dict[str, Any]) -> dict[str, Any]:
    """A payment as servers wrote it, and kept it in events, before a price could be paid
    in another currency: what is paid is the price."""
    price = {"price_" + name: payment[name] for name in ("amount", "currency") if name in payment}
    return {**price, **payment}


def _read_event_data(value: dict[str, Any]) -> objects.EventData:
    about = value["object"]
    extra = {name: member for name, member in value.items() if name != "object"}
    kind = KINDS.get(str(about.get("object")))
    if kind is None:
        return objects.EventData(object=about, extra=extra)
    return objects.EventData(object=_read_object(kind, about, kind.__name__), extra=extra)


def _read_value(hint: Any, value: Any, place: str) -> Any:
    if hint is Any:
        return value

    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if value is None and NoneType in arguments:
            return None
        return _read_value(next(a for a in arguments if a is not NoneType), value, place)

    if origin is list:
        if not isinstance(value, list):
            raise OtherForm(f"{place} is no list")
        return [_read_value(arguments[0], element, f"{place}[{i}]") for i, element in enumerate(value)]

    if origin is Mapping:
        if not isinstance(value, dict):
            raise OtherForm(f"{place} is no object")
        return {name: _read_value(arguments[1], member, f"{place}.{name}") for name, member in value.items()}

    if dataclasses.is_dataclass(hint):
        return _read_object(hint, value, place)
    if hint is datetime:
        return _read_time(value, place)
    # A bool is an int in Python, but not in JSON.
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise OtherForm(f"{place} is of another type")
    return value


def _absent(hint: Any, place: str) -> Any:
    """The value of a field that is not there, as in an answer of an older server."""
    if NoneType in get_args(hint) or hint is Any:
        return None
    if get_origin(hint) is list:
        return []
    if get_origin(hint) is Mapping:
        return {}
    raise OtherForm(f"{place} is missing")


def _read_time(value: Any, place: str) -> datetime:
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise OtherForm(f"{place} is no time")
    seconds, fraction, zone = match.groups()
    micros = ((fraction or "") + "000000")[:6]
    try:
        return datetime.fromisoformat(f"{seconds}.{micros}{'+00:00' if zone == 'Z' else zone}")
    except ValueError:
        raise OtherForm(f"{place} is no time") from None


def written(value: Any) -> Any:
    """Makes what json.dumps takes from a parameter: what is None is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: written(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "extra" and getattr(value, f.name) is not None}
    if isinstance(value, Mapping):
        return {name: written(member) for name, member in value.items() if member is not None}
    if isinstance(value, (list, tuple)):
        return [written(element) for element in value]
    if isinstance(value, datetime):
        return time_text(value)
    return value


def time_text(at: datetime) -> str:
    """A time as the API takes it."""
    if at.utcoffset() is None:
        raise ValueError("a time without a time zone: use datetime.now(timezone.utc)")
    utc = at.astimezone(timezone.utc)
    return utc.isoformat(timespec="microseconds" if utc.microsecond else "seconds").replace("+00:00", "Z")


def query_text(value: Any) -> str:
    """A query parameter as the API takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return time_text(value) if isinstance(value, datetime) else str(value)
