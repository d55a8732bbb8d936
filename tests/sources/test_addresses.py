import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.sources.keys import canonical, host_name, is_front_page, is_same_site
from tests.examples import examples


@examples("url")
def test_addresses_of_one_page_are_alike(url: str) -> None:
    assert canonical(url) == "https://post.example/a?id=7&lang=en"


@examples("url, other")
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


@examples("url, front")
def test_a_front_page_is_known(url: str, front: bool) -> None:  # noqa: FBT001
    assert is_front_page(url) is front


@examples("url, host")
def test_a_host_is_named_as_readers_know_it(url: str, host: str) -> None:
    assert host_name(url) == host


@examples("url, other, same")
def test_a_site_is_one_registered_domain(url: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert is_same_site(url, other) is same
