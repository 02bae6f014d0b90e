"""A picture of matplotlib's, as part of an HTML page: no ids that may clash, no style attribute, short.

The page's content security policy forbids inline styles, so that every `style` becomes presentation attributes,
which the page's style sheet overrides in dark mode.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

NUMBER = re.compile(r"-?\d+\.\d+")
REFERENCE = re.compile(r"#([\w.-]+)")
DROPPED = {"metadata", "style"}
INHERITED = {"stroke-linejoin": "round", "stroke-linecap": "butt"}


def inline_svg(content: bytes, prefix: str, label: str) -> str:
    """The SVG as an element of a page: `label` is read out in its place; its ids start with `prefix`."""
    root = ElementTree.fromstring(content)
    _strip(root)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = _attributes(element.attrib)
        element.text, element.tail = _kept(element), None
    _rename(root, prefix)
    box = root.attrib["viewBox"]
    root.attrib = {"viewBox": box, "role": "img", "aria-label": label, **INHERITED}
    _unwrap(root)
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _strip(element: ElementTree.Element) -> None:
    """Take out metadata, global styles and the white background."""
    for child in list(element):
        if _local(child.tag) in DROPPED or child.get("id") == "patch_1":
            element.remove(child)
        else:
            _strip(child)


def _attributes(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes without namespaces, with numbers of one decimal, and the style's entries among them."""
    plain = {_local(name): value for name, value in attributes.items()}
    style = [entry.partition(":") for entry in plain.pop("style", "").split(";") if entry.strip()]
    found = plain | {name.strip(): value.strip() for name, _, value in style}
    found.pop("font-family", None)
    if found.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
        del found["transform"]
    shortened = {"d", "x", "y", "transform", "points"} & found.keys()
    return found | {name: " ".join(NUMBER.sub(_one_decimal, found[name]).split()) for name in shortened}


def _one_decimal(match: re.Match[str]) -> str:
    text = f"{float(match.group()):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _kept(element: ElementTree.Element) -> str | None:
    return element.text if element.text and element.text.strip() else None


def _rename(root: ElementTree.Element, prefix: str) -> None:
    """Drop the ids that nothing refers to, and start the others with the prefix."""
    used = {name for element in root.iter() for value in element.attrib.values() for name in REFERENCE.findall(value)}
    for element in root.iter():
        for key, value in element.attrib.items():
            if key in {"href", "clip-path"}:
                element.attrib[key] = REFERENCE.sub(rf"#{prefix}\1", value)
        name = element.attrib.pop("id", "")
        if name in used:
            element.attrib["id"] = f"{prefix}{name}"


def _unwrap(element: ElementTree.Element) -> None:
    """Replace groups without attributes by what they contain."""
    children: list[ElementTree.Element] = []
    for child in element:
        _unwrap(child)
        children += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = children
