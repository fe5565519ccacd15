"""Lists, which the API gives page by page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list."""

    data: list[T]
    has_more: bool  # whether the list goes on in this direction
    object: str = "list"
    _following: "Callable[[T], Page[T]] | None" = field(default=None, repr=False, compare=False)
    _to_newer: bool = field(default=False, repr=False, compare=False)  # what follows is newer

    def all(self) -> Iterator[T]:
        """Goes through this page and all that come after it, reading each when it
        is needed: `for session in client.list_sessions(status="open").all()`. From a
        page with ending_before it goes to newer ones, the nearest first."""
        page = self
        while True:
            # Every page has its newest first.
            elements = page.data[::-1] if page._to_newer else page.data
            yield from elements
            if not page.has_more or not elements or page._following is None:
                return
            page = page._following(elements[-1])
