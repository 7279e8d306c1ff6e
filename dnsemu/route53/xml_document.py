"""XML text → a tree of elements, read by expat; whatever a request never needs is refused.

Expat does not process namespaces here. It would write the namespace into the name of every element, so that a document
of 200 kB takes gigabytes. Prefixes are looked up in `_Prefixes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from dnsemu.commands.errors.requests import MalformedInput
from dnsemu.config.model.batches import Steps
from dnsemu.runtime.limits import Limit

MAX_DEPTH = 32
"""Levels of elements. The deepest request, a change batch, has 9."""
MAX_ELEMENTS = 25_000
"""Elements of a document. The largest request, a change batch of 1,000 record sets (A117), has 20,000."""
MAX_ATTRIBUTES = 16
"""Attributes of an element. Clients send `xmlns`, and the `xsi` attributes of a schema."""
MAX_NAME_CHARACTERS = 128
"""Characters of a name. The longest name of the service model has 39."""
MAX_ATTRIBUTE_CHARACTERS = 1024
"""Characters of an attribute's value, such as the URI of a namespace. That of Route 53 has 47."""
MAX_TAG_BYTES = 32 << 10
"""Bytes of a tag, a comment or a processing instruction. Expat reads an incomplete one from its start each time."""
PIECE_BYTES = 4 << 10
"""Bytes read in a step: about two milliseconds if they are all tags."""

COULD_NOT_PARSE = "Could not parse XML"

_ALWAYS_BOUND = {"xml": "http://www.w3.org/XML/1998/namespace"}


@dataclass(slots=True)
class Element:
    """An element by its local name, without attributes, comments and processing instructions."""

    name: str
    children: "list[Element]" = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the element itself, exactly as written."""
        return "".join(self.chunks)


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A document's root element, and the namespace of that element; empty if it is in none."""

    root: Element
    namespace: str


def read_document(body: bytes) -> Steps[XmlDocument]:
    """Reads a document, in steps of `PIECE_BYTES`.

    XmlDocument types are refused, so the only entities are XML's own five: nothing expands and nothing is fetched.

    Raises:
        MalformedInput: it is not well-formed, of an unknown encoding, with a document type, or past a bound (A24).
    """
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.on_start
    parser.EndElementHandler = builder.on_end
    parser.CharacterDataHandler = builder.on_text
    parser.StartDoctypeDeclHandler = builder.on_document_type
    try:
        for start in range(0, len(body), PIECE_BYTES):
            parser.Parse(body[start : start + PIECE_BYTES], False)  # noqa: FBT003 - it takes no keywords
            if start + PIECE_BYTES - max(parser.CurrentByteIndex, 0) > MAX_TAG_BYTES:
                raise _malformed(f"a tag or a comment is longer than {MAX_TAG_BYTES} bytes", Limit.XML_TAG_BYTES)
            yield
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, LookupError, ValueError, Warning) as not_xml:
        # Python's codecs raise the others, for unknown encodings and for codecs that are not of text.
        raise MalformedInput(COULD_NOT_PARSE) from not_xml
    return XmlDocument(builder.document.children[0], builder.namespace)


class _Builder:
    """Builds the tree from expat's events."""

    def __init__(self) -> None:
        self.document = Element("")
        self.namespace = ""
        """Of the root element."""
        self._open = [self.document]
        self._prefixes: list[Mapping[str, str]] = [_ALWAYS_BOUND]
        """The prefixes bound at each open element, with their namespaces."""
        self._elements = 0

    def on_start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if len(self._open) > MAX_DEPTH:
            raise _malformed(f"elements are nested more than {MAX_DEPTH} deep", Limit.XML_DEPTH)
        if self._elements > MAX_ELEMENTS:
            raise _malformed(f"there are more than {MAX_ELEMENTS} elements", Limit.XML_ELEMENTS)
        bound = self._prefixes[-1]
        if attributes:
            _check_attributes(attributes)
            bound = _bound_by(attributes, bound)
        prefix, local = _split(name)
        if prefix and prefix not in bound:
            raise MalformedInput(COULD_NOT_PARSE)
        if self._elements == 1:
            self.namespace = bound.get(prefix, "")
        element = Element(local)
        self._open[-1].children.append(element)
        self._open.append(element)
        self._prefixes.append(bound)

    def on_end(self, _name: str) -> None:
        self._open.pop()
        self._prefixes.pop()

    def on_text(self, chunk: str) -> None:
        self._open[-1].chunks.append(chunk)

    def on_document_type(self, *_declared: object) -> None:
        raise _malformed("document type declarations are not accepted")


def _check_attributes(attributes: Mapping[str, str]) -> None:
    if len(attributes) > MAX_ATTRIBUTES:
        raise _malformed(f"an element has more than {MAX_ATTRIBUTES} attributes", Limit.XML_ATTRIBUTES)
    if any(len(value) > MAX_ATTRIBUTE_CHARACTERS for value in attributes.values()):
        raise _malformed(
            f"an attribute is longer than {MAX_ATTRIBUTE_CHARACTERS} characters", Limit.XML_ATTRIBUTE_CHARACTERS
        )


def _bound_by(attributes: Mapping[str, str], outside: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the prefixes bound at an element; the default namespace is that of the prefix ''.

    Raises:
        MalformedInput: a prefix is bound to nothing, or an attribute has a prefix that is not bound.
    """
    bound = dict(outside)
    others = []
    for name, value in attributes.items():
        prefix, local = _split(name)
        if name == "xmlns":
            bound[""] = value
        elif prefix != "xmlns":
            others.append(prefix)
        elif value:
            bound[local] = value
        else:
            raise MalformedInput(COULD_NOT_PARSE)
    if not all(not prefix or prefix in bound for prefix in others):
        raise MalformedInput(COULD_NOT_PARSE)
    return bound


def _split(name: str) -> tuple[str, str]:
    """Splits a name into its prefix, empty without one, and its local name.

    Raises:
        MalformedInput: it is too long, or has an empty part or several colons.
    """
    if len(name) > MAX_NAME_CHARACTERS:
        raise _malformed(f"a name is longer than {MAX_NAME_CHARACTERS} characters", Limit.XML_NAME_CHARACTERS)
    if ":" not in name:
        return "", name
    prefix, _, local = name.partition(":")
    if not prefix or not local or ":" in local:
        raise MalformedInput(COULD_NOT_PARSE)
    return prefix, local


def _malformed(reason: str, limit: Limit | None = None) -> MalformedInput:
    error = MalformedInput(f"{COULD_NOT_PARSE}: {reason}")
    error.limit = limit
    return error
