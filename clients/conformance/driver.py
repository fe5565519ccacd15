"""Makes calls of the Python client: reads one as a line of JSON and prints what came
of it, until its input ends. See ../drivers_test.go."""

import dataclasses
import json
import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_type_hints

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))
import rieltime
from rieltime import form

KINDS = {"line_items": rieltime.LineItem, "customer": rieltime.Customer, "by_hand": rieltime.ByHand, "custom_fields": rieltime.CustomFieldCreate}

client = rieltime.Client(os.environ["RIELTIME_URL"], os.environ["RIELTIME_KEY"], timeout=float(os.environ["RIELTIME_TIMEOUT"]))


def argument(name: str, value: Any, hint: Any) -> Any:
    """A parameter as the method takes it."""
    if name in KINDS:
        kind = KINDS[name]
        return [kind(**v) for v in value] if isinstance(value, list) else kind(**value)
    if datetime in getattr(hint, "__args__", ()):
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


def plain(value: Any) -> Any:
    """A result as the API has it."""
    if dataclasses.is_dataclass(value):
        names = [f.name for f in dataclasses.fields(value) if f.name != "extra" and not f.name.startswith("_")]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return form.time_text(value) if isinstance(value, datetime) else value


def call(name: str, ids: list[str], params: dict[str, Any], key: str | None, every: bool) -> Any:
    if name in ("verifyWebhook", "checkSignature"):
        webhook = rieltime.Webhook(params["secret"], now=lambda: params["now"])
        return (webhook.verify if name == "verifyWebhook" else webhook.check)(params["headers"], params["body"])
    if name == "digestMatches":
        return rieltime.EventDigest(**params["digest"]).matches(params["ids"])

    method = getattr(client, re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name))
    hints = get_type_hints(method)
    given = {"from_" if k == "from" else k: argument(k, v, hints.get("from_" if k == "from" else k)) for k, v in params.items()}
    if key:
        given["idempotency_key"] = key
    result = method(*ids, **given)
    return list(result.all()) if every else result


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": plain(call(asked["call"], asked["ids"] or [], asked["params"] or {}, asked["key"], asked["all"]))}
    except rieltime.ApiError as e:
        errors = [dataclasses.asdict(f) for f in e.errors]
        return {"error": {"kind": "api", "status": e.status, "code": e.code, "param": e.param, "detail": e.detail, "request_id": e.request_id, "retry_after": e.retry_after, "errors": errors}}
    except rieltime.NoAnswer as e:
        return {"error": {"kind": "no_answer", "detail": str(e)}}
    except rieltime.UnexpectedAnswer as e:
        return {"error": {"kind": "unexpected", "detail": str(e)}}
    except rieltime.WebhookRefused as e:
        return {"error": {"kind": "webhook", "detail": str(e)}}
    except Exception as e:
        return {"error": {"kind": "other", "detail": repr(e)}}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
