"""Lists whose pages hang together by an opaque NextToken."""

from collections.abc import Iterable
from itertools import dropwhile
from operator import itemgetter

from dnsemu.commands.context import Request, Response
from dnsemu.commands.paging import BAD_TOKEN, page, page_size, token, token_key


def token_page(
    member: str,
    rows: Iterable[tuple[tuple[str, ...], Response]],
    request: Request,
    *,
    key_parts: int = 1,
    bad_token: str = BAD_TOKEN,
) -> Response:
    """A page of rows in the order of their keys, under `member`, and a NextToken if there are more (A190).

    Args:
        rows: (key, row) pairs of all that may be shown; a key has `key_parts` texts, and no two are the same.
        request: its NextToken and MaxResults count; where the token's row is gone, the page starts at the next (A191).
        bad_token: what to say about a NextToken that no list gave out.
    Raises:
        InvalidPaginationToken: (A196).
        InvalidInput: (A192).
    """
    following: Iterable[tuple[tuple[str, ...], Response]] = sorted(rows, key=itemgetter(0))
    if (given := request.get("NextToken")) is not None:
        start = token_key(given, key_parts, bad_token)
        following = dropwhile(lambda keyed: keyed[0] < start, following)
    shown, after = page(following, page_size(request, "MaxResults"))
    response: Response = {member: [row for _, row in shown]}
    return response | ({"NextToken": token(*after[0])} if after is not None else {})
