import pytest

from benchmarks.killing_mail import kill_mail

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.mark.parametrize("hold", [False, True])
def test_a_delivery_that_is_killed_loses_nothing_and_doubles_only_what_was_in_doubt(
    *, hold: bool
) -> None:
    found = kill_mail(mails=300, kills=5, connections=2, hold=hold)
    assert found.lost == 0
    assert found.doubled <= (0 if hold else found.kills * found.connections)
    assert found.held <= (found.kills * found.connections if hold else 0)
