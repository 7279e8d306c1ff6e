"""XML text → a tree of elements, read by expat; whatever a request never needs is refused."""

from dataclasses import dataclass, field
from xml.parsers import expat

from dnsemu.commands.errors.requests import MalformedInput

MAX_DEPTH = 32
"""Levels of elements. The deepest request, a change batch, has 9."""

COULD_NOT_PARSE = "Could not parse XML"

_SEPARATOR = "\n"
"""Separates namespace and name; expat refuses namespaces that contain it."""


@dataclass(slots=True)
class Element:
    """An element by its local name, without comments and processing instructions."""

    namespace: str
    name: str
    children: "list[Element]" = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the element itself, exactly as written."""
        return "".join(self.chunks)


def read_document(body: bytes) -> Element:
    """Reads a document and returns its root element.

    Document types are refused, so the only entities are XML's own five: nothing expands and nothing is fetched.

    Raises:
        MalformedInput: it is not well-formed, of an unknown encoding, with a document type, or too deep (A24).
    """
    is_final = True
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    open_elements = [Element("", "")]

    def start(name: str, _attributes: dict[str, str]) -> None:
        if len(open_elements) > MAX_DEPTH:
            raise _malformed(f"elements are nested more than {MAX_DEPTH} deep")
        namespace, _, local = name.rpartition(_SEPARATOR)
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
        parser.Parse(body, is_final)
    except (expat.ExpatError, LookupError, ValueError, Warning) as not_xml:
        # Python's codecs raise the others, for unknown encodings and for codecs that are not of text.
        raise MalformedInput(COULD_NOT_PARSE) from not_xml
    return open_elements[0].children[0]


def _malformed(reason: str) -> MalformedInput:
    return MalformedInput(f"{COULD_NOT_PARSE}: {reason}")
