"""Invented pages and feeds of every kind."""

PAGE = """<!doctype html><html lang="en-GB"><head><title>Port opens again</title>
<meta property="og:site_name" content="Harbor Post">
<link rel="canonical" href="https://news.example/port">
{head}</head><body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>Port opens again</h1>
<p>The port of Northwick opened again on Monday after three weeks of repairs to its quay.</p>
<p hidden>Nobody sees this paragraph, which stands in the markup for machines only.</p>
<p style="display: none">Nobody sees this paragraph either, since its style hides it.</p>
<p>Twelve ships waited outside the harbor, and the first came in before noon, it said.</p>
</article><footer>All rights reserved</footer></body></html>"""
STAMP = '<meta property="article:published_time" content="2026-01-04T08:30:00+02:00">'
DAY = '<meta property="article:published_time" content="2026-01-04">'

ITEM = """<item><title>Port opens again, no. {n}</title>
<link>https://news.example/2026/01/04/port-{n}</link><guid isPermaLink="false">g{n}</guid>
<pubDate>Sun, 04 Jan 2026 08:30:00 +0200</pubDate>
<description>&lt;p&gt;The port of &lt;b&gt;North&lt;/b&gt;wick opened again.&lt;/p&gt;</description>
</item>
"""


def rss(items: str, *, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return (
        f'{head}<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Harbor Post</title>'
        f"<link>https://news.example/</link><language>en-gb</language>{items}</channel></rss>"
    ).encode()


def many(count: int) -> bytes:
    """Return an RSS 2.0 feed with so many items."""
    return rss("".join(ITEM.format(n=n) for n in range(count)))


def pdf(pages: list[list[str]], *, info: str = "", more: str = "") -> bytes:
    """Return a PDF with the lines of each page.

    Args:
        pages: lines in Latin letters, without brackets.
        info: what stands in its dictionary of information.
        more: what stands in its catalog.
    """
    count = len(pages)
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(count))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {more} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, lines in enumerate(pages):
        stream = f"BT /F1 12 Tf 14 TL 60 800 Td {''.join(f'({line}) Tj T* ' for line in lines)}ET"
        objects += [
            (
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
                f"/Contents {5 + 2 * at} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            ),
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    return _file([*objects, f"<< {info} >>"])


def _file(objects: list[str]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, held in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{held}\nendobj\n".encode("latin-1")
    size = len(objects) + 1
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>"
    head = f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}\n"
    return body + f"{head}startxref\n{len(body)}\n%%EOF\n".encode()
