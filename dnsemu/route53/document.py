"""XML text → a tree of elements, by expat alone, with everything refused that a request never needs."""

from dataclasses import dataclass, field
from xml.parsers import expat

from dnsemu.commands.errors.requests import MalformedInput

MAX_DEPTH = 32
"""The deepest request, a change batch, has 9 levels."""

COULD_NOT_PARSE = "Could not parse XML"

_BETWEEN = "\n"
"""Stands between namespace and name; expat refuses namespaces that hold it themselves."""


@dataclass(slots=True)
class Element:
    """One element by its local name; comments and processing instructions are gone."""

    namespace: str
    name: str
    children: "list[Element]" = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, in one piece and exactly as written."""
        return "".join(self.chunks)


def read_document(body: bytes) -> Element:
    """Read a document and return its root element.

    Without a document type there are no entities but XML's own five, so nothing expands and nothing is fetched.

    Raises:
        MalformedInput: (A24) not well-formed, of an unknown encoding, with a document type, or too deep.
    """
    parser = expat.ParserCreate(namespace_separator=_BETWEEN)
    parser.buffer_text = True
    open_elements = [Element("", "")]

    def start(name: str, _attributes: dict[str, str]) -> None:
        if len(open_elements) > MAX_DEPTH:
            raise _malformed(f"elements are nested more than {MAX_DEPTH} deep")
        namespace, _, local = name.rpartition(_BETWEEN)
        element = Element(namespace, local)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_name: str) -> None:
        open_elements.pop()

    def text(chunk: str) -> None:
        open_elements[-1].chunks.append(chunk)

    def doctype(*_declared: object) -> None:
        raise _malformed("document type declarations are not accepted")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError, Warning) as not_xml:
        # Beside expat's own errors: Python's codecs, on encodings that are unknown or not of characters.
        raise MalformedInput(COULD_NOT_PARSE) from not_xml
    return open_elements[0].children[0]


def _malformed(reason: str) -> MalformedInput:
    return MalformedInput(f"{COULD_NOT_PARSE}: {reason}")
