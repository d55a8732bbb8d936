"""Completes a PDF before it is written: its XMP, attached files, descriptions of links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pydyf

#: What WeasyPrint's RDF ends with; what follows is put before it.
_RDF_END = b"</rdf:RDF>"
#: The claim of PDF/UA-1 beside that of PDF/A-3, and the description of its schema that PDF/A asks
#: for (ISO 19005-3, 6.6.2.3).
_UA_CLAIM = b"""<rdf:Description rdf:about="" \
xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1" />\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 that the file conforms to\
</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property>\
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file inside the PDF, associated with all of it."""

    #: As a reader sees it; the names of a PDF sort in the order in which they are given.
    name: str
    content: bytes
    #: MIME type.
    kind: str
    #: What it is, in words.
    description: str
    #: How it relates to the page (ISO 19005-3, annex E): "Data" or "Source".
    relationship: str
    #: Written as its date of creation and change.
    dated: datetime


def drop_nested_links(document: Any) -> None:  # noqa: ANN401  WeasyPrint has no types
    """Keep the links of link elements: WeasyPrint makes one of each element inside them as well.

    Those would be no links by their tag, which PDF/UA forbids.
    """
    for page in document.pages:
        page.links = [link for link in page.links if link[-1].element_tag == "a"]


def finish(document: Any, pdf: pydyf.PDF, *, attached: Sequence[AttachedFile]) -> None:  # noqa: ANN401
    """Complete the PDF of a laid-out WeasyPrint document."""
    _claim_accessibility(pdf)
    _describe_links(document)
    _mend_attachments(pdf, {file.name: file for file in attached})


def _claim_accessibility(pdf: pydyf.PDF) -> None:
    """Declare PDF/UA-1 as well: WeasyPrint writes the claim of one variant."""
    metadata = _resolved(pdf, pdf.catalog["Metadata"])
    metadata.stream = [part.replace(_RDF_END, _UA_CLAIM + _RDF_END, 1) for part in metadata.stream]


def _describe_links(document: Any) -> None:  # noqa: ANN401  WeasyPrint has no types
    """Give each link the description of its element instead of its address."""
    for page in document.pages:
        for _kind, _target, _rectangle, box in page.links:
            if title := box.element.get("title"):
                box.link_annotation["Contents"] = pydyf.String(title)


def _mend_attachments(pdf: pydyf.PDF, attached: dict[str, AttachedFile]) -> None:
    """Name each file once, with its own type instead of what the machine guesses."""
    if not attached:
        return
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    for reference in pdf.catalog["AF"]:
        spec = _resolved(pdf, reference)
        kind = attached[spec["UF"].string].kind
        _resolved(pdf, spec["EF"]["F"]).extra["Subtype"] = "/" + kind.replace("/", "#2f")


def _resolved(pdf: pydyf.PDF, reference: bytes) -> Any:  # noqa: ANN401  any object of the PDF
    return pdf.objects[int(reference.split()[0])]
