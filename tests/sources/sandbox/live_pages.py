"""Invented pages of many time-stamped pieces, some of which are live pages."""

import json
from collections.abc import Callable, Iterable, Sequence

COUNT = 40
_PLACES = ("north quay", "old market", "ferry stairs", "grain store", "lock house", "east mole")
ARTICLE = tuple(
    f"The harbor council of Northwick voted on Tuesday to repair the {place}, and the town will "
    f"pay {at + 2} million for the stone, the masons and the cranes, the clerk of the council said."
    for at, place in enumerate(_PLACES * 2)
)


def posts(count: int = COUNT) -> list[tuple[str, str, str]]:
    """Return hour, headline and words of posts, the last first; no two share their words."""
    return [
        (
            f"{8 + at // 6:02}:{at % 6 * 10:02}",
            f"Update {at} from the {_PLACES[at % 6]}",
            _words(at),
        )
        for at in reversed(range(count))
    ]


def _words(at: int) -> str:
    return (
        f"At the {_PLACES[at % 6]} the water stood {at + 3} centimeters above the mark, and "
        f"harbor watch {at + 11} moved {at + 5} boats to the inner basin. Nobody was hurt "
        f"there, said Ann Clerk, who counts the boats of pier {at + 1} for the town."
    )


def time_of(hour: str) -> str:
    """Return the element that shows an hour of one day."""
    return f'<time datetime="2026-03-12T{hour}:00Z">{hour}</time>'


def html(body: str, *, head: str = "") -> str:
    """Return a page with the furniture that a real one has."""
    return (
        f'<!doctype html><html lang="en"><head><title>Flood reaches Northwick</title>{head}</head>'
        '<body class="has-comments"><header><a href="/">Harbor Post</a></header>'
        f'<nav><a href="/sport">Sport</a></nav><main><h1>Flood reaches Northwick</h1>{body}</main>'
        "<footer>All rights reserved</footer></body></html>"
    )


def by_json_ld() -> str:
    report = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "headline": "Flood reaches Northwick",
        "liveBlogUpdate": [
            {"@type": "BlogPosting", "headline": title, "articleBody": text}
            for _, title, text in posts()
        ],
    }
    script = f'<script type="application/ld+json">{json.dumps(report)}</script>'
    return html(_blocks("div", posts()), head=script)


def by_microdata() -> str:
    updates = "".join(
        '<div itemprop="liveBlogUpdate" itemscope itemtype="https://schema.org/BlogPosting">'
        f'<span itemprop="datePublished" content="2026-03-12T{hour}:00Z">{hour}</span>'
        f'<h2 itemprop="headline">{title}</h2><p itemprop="articleBody">{text}</p></div>'
        for hour, title, text in posts()
    )
    return html(f'<div itemscope itemtype="https://schema.org/LiveBlogPosting">{updates}</div>')


def by_blocks(tag: str = "article") -> str:
    """Return a live page that has nothing but its blocks and their times."""
    return html(_blocks(tag, posts()))


def with_introduction() -> str:
    """Return a live page with a few lines above its posts."""
    return html(f"<article><p>{ARTICLE[0]}</p></article><div>{_blocks('section', posts())}</div>")


def in_days() -> str:
    """Return a live page whose posts stand in a group for each of two days."""
    half = COUNT // 2
    groups = (_blocks("article", posts()[:half]), _blocks("article", posts()[half:]))
    return html("".join(f"<div><h2>Day</h2><div>{group}</div></div>" for group in groups))


def with_comments(name: str = "comments") -> str:
    """Return an article with sixty comments, each with its time."""
    return html(f'{article()}<div class="{name}">{_blocks("article", posts(60))}</div>')


def with_related() -> str:
    """Return an article with a list of dated reports beside it."""
    return html(f"{article()}<aside>{_blocks('div', posts(30))}</aside>")


def section(*, title: str = "h3") -> str:
    """Return a section's page: thirty dated teasers with links to their reports."""
    teasers = "".join(
        f'<article>{time_of(hour)}<{title}><a href="/2026/{at}">{headline}</a></{title}>'
        f"<p>{text}</p></article>"
        for at, (hour, headline, text) in enumerate(posts(30))
    )
    return html(f"<div>{teasers}</div>")


def of_links() -> str:
    """Return a page of dated reports each of which is one link, as shops and sections have."""
    cards = "".join(
        f'<li>{time_of(hour)}<a href="/{at}"><b>{headline}</b> {text}</a></li>'
        for at, (hour, headline, text) in enumerate(posts(30))
    )
    return html(f"<ul>{cards}</ul>")


def of_weeks() -> str:
    """Return a blog's front: posts of ten days, whole."""
    stories = "".join(
        f'<article><time datetime="2026-03-{at + 1:02}T09:00Z">9:00</time><p>{text}</p></article>'
        for at, (_, _, text) in enumerate(posts(10))
    )
    return html(stories)


def updated() -> str:
    """Return an ordinary article with the times when it was written and changed."""
    return html(f"<p>{time_of('08:00')} Updated {time_of('09:30')}</p>{article()}")


def article(paragraphs: Sequence[str] = ARTICLE) -> str:
    return f"<article>{''.join(f'<p>{paragraph}</p>' for paragraph in paragraphs)}</article>"


def _blocks(tag: str, entries: Iterable[tuple[str, str, str]]) -> str:
    return "".join(
        f"<{tag}>{time_of(hour)}<h2>{title}</h2><p>{text}</p></{tag}>"
        for hour, title, text in entries
    )


LIVE: dict[str, Callable[[], str]] = {
    "JSON-LD": by_json_ld,
    "microdata": by_microdata,
    "articles": by_blocks,
    "list items": lambda: by_blocks("li"),
    "an introduction": with_introduction,
    "two days": in_days,
}
OTHERS: dict[str, Callable[[], str]] = {
    "comments": with_comments,
    "comments of no name": lambda: with_comments("x"),
    "related reports": with_related,
    "a section": section,
    "a section of cards": of_links,
    "a blog's front": of_weeks,
    "an updated article": updated,
}
