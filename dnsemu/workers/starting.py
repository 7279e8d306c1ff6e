"""Chooses who answers DNS on sockets that are bound: this process, or workers."""

from collections.abc import Sequence

from dnsemu.server.data_plane import DataPlane
from dnsemu.server.options import Options
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import Listeners, SocketPair
from dnsemu.server.vantage_points import VantagePoints
from dnsemu.workers.backlog import Source
from dnsemu.workers.in_process import InProcess
from dnsemu.workers.pool import WorkerPool


def data_plane_of(
    shares: Sequence[Sequence[SocketPair]],
    vantage_points: Sequence[str],
    responder: Responder,
    places: VantagePoints,
    source: Source,
    options: Options,
) -> DataPlane:
    """Returns the processes that answer on bound sockets.

    Args:
        shares: the sockets of each process: addresses for everyone first, then those of the vantage points.
        vantage_points: the addresses of the vantage points.
        source: what workers replicate.
    """
    common = len(shares[0]) - len(vantage_points)
    handlers = [responder.handlers()] * common
    handlers += [responder.handlers(places.place_at(dns)) for dns in vantage_points]
    if options.workers == 1:
        return InProcess(responder, Listeners(shares[0]), handlers)
    return WorkerPool(
        source,
        shares,
        [*[None] * common, *vantage_points],
        handlers,
        responder,
        forward=options.forward,
        seed=options.seed,
        logs_as_json=options.logs_as_json,
        query_log=options.query_log.path if options.query_log is not None else None,
    )
