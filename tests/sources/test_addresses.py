import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.sources.addresses import canonical, host_name, is_front_page, is_same_site


@pytest.mark.parametrize(
    "url",
    [
        "https://post.example/a?id=7&lang=en",
        "http://post.example/a?id=7&lang=en",
        "HTTPS://POST.example:443/a?lang=en&id=7",
        "http://post.example:80/a/?id=7&lang=en#comments",
        "https://post.example//a?id=7&lang=en&utm_source=rss&fbclid=x&at_medium=RSS",
        "https://post.example/a?id=7&amp;lang=en&ref=rss&CMP=share",
        " https://post.example/a?id=7&lang=en#xtor=RSS-1",
    ],
)
def test_addresses_of_one_page_are_alike(url: str) -> None:
    assert canonical(url) == "https://post.example/a?id=7&lang=en"


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://a.example/x?123", "https://a.example/x?124"),
        ("https://a.example/?p=1", "https://a.example/?p=2"),
        ("https://a.example/x?uid=1", "https://a.example/x?uid=2"),
        ("https://a.example/x?cid=1", "https://a.example/x?cid=2"),
        ("https://a.example/x?source=12", "https://a.example/x?source=13"),
        ("https://a.example/#!/x", "https://a.example/#!/y"),
        ("https://a.example/X", "https://a.example/x"),
        ("https://a.example:8443/x", "https://a.example/x"),
        ("https://a.example/x", "https://b.example/x"),
    ],
)
def test_addresses_that_may_be_two_reports_stay_two(url: str, other: str) -> None:
    assert canonical(url) != canonical(other)


@pytest.mark.parametrize("url", ["", "ftp://a.example/x", "https://[bad/x", "/x", "https:///x"])
def test_what_is_no_web_address_has_no_form(url: str) -> None:
    assert canonical(url) == ""


@given(
    st.builds(
        "https://a.example{}?{}#{}".format,
        st.text("/ab.%é", max_size=9),
        st.text("&=autm_1;%", max_size=9),
        st.text("!/a=", max_size=5),
    )
)
def test_the_form_of_a_form_is_itself(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url)


@pytest.mark.parametrize(
    ("url", "front"),
    [
        ("https://a.example", True),
        ("https://a.example/?utm_source=x", True),
        ("https://www.a.example/index.html", True),
        ("https://a.example/en/", True),
        ("https://a.example/pt-BR", True),
        ("https://a.example/?p=17", False),
        ("https://a.example/#!/17", False),
        ("https://a.example/news", False),
        ("", False),
    ],
)
def test_a_front_page_is_known(url: str, front: bool) -> None:  # noqa: FBT001
    assert is_front_page(url) is front


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Post.example:8080/x", "post.example"),
        ("https://m.post.example/", "post.example"),
        ("https://[bad", ""),
        ("", ""),
    ],
)
def test_a_host_is_named_as_readers_know_it(url: str, host: str) -> None:
    assert host_name(url) == host


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("https://www.a.example/x", "http://a.example/y", True),
        ("https://news.harbor.co.uk/x", "https://harbor.co.uk/y", True),
        ("https://a.co.uk/x", "https://b.co.uk/x", False),
        ("https://a.example/x", "https://b.example/x", False),
    ],
)
def test_a_site_is_one_registered_domain(url: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert is_same_site(url, other) is same
