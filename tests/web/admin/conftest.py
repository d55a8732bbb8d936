import pytest

from tests.web.admin.sessions import Seated, seated
from tests.web.served import Served


@pytest.fixture
def session(web: Served) -> Seated:
    """Seat an operator who is signed in."""
    return seated(web)
