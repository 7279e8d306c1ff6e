"""Accepted changes and their status, pending or in sync (api.md §9)."""

from dnsemu.commands.context import CHANGES, Context, Request, Response, change_info
from dnsemu.commands.errors.record_sets import NoSuchChange
from dnsemu.config.text.ids import bare_id
from dnsemu.state.step import Step


def get_change(request: Request, step: Step, context: Context) -> Response:
    """Returns a change, in sync once its delay has passed (A210, A211).

    Raises:
        NoSuchChange: it does not exist, or was dropped as too old (A213).
    """
    change_id = bare_id(request["Id"])
    row = step.get(CHANGES, change_id)
    if row is None:
        raise NoSuchChange(change_id)
    # A change of the future was made before the clock went back (a reset), which publishes what is pending.
    status = "PENDING" if row.submitted_at <= context.now < row.insync_at else "INSYNC"
    return {"ChangeInfo": change_info(change_id, row, status)}
