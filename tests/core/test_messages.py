import pickle
from datetime import date

from briefing.core.messages import Translatable, numbered


def test_a_message_is_its_english_and_counts() -> None:
    assert Translatable("Nothing has changed.") == "Nothing has changed."
    assert (
        Translatable('address must not contain "{secret}"') == 'address must not contain "{secret}"'
    )
    about = Translatable("Withdraw the edition of {day}", day=date(2026, 3, 12))
    assert about == "Withdraw the edition of Thursday 12 March 2026"
    assert Translatable("more than {n} sentences", n=2000) == "more than 2,000 sentences"
    assert Translatable("{first}; {second}", first=about, second="x").values["first"] is about
    one, many = (
        numbered("{n} mail of {day}", "{n} mails of {day}", n, day="today") for n in (1, 1200)
    )
    assert (one, many) == ("1 mail of today", "1,200 mails of today")
    assert (many.template, many.plural) == ("{n} mail of {day}", "{n} mails of {day}")
    assert many.values == {"n": 1200, "day": "today"}


def test_a_message_goes_to_another_process_with_what_it_was_made_of() -> None:
    message = numbered("{n} mail", "{n} mails", 2)
    again = pickle.loads(pickle.dumps(message))  # noqa: S301  our own
    assert again == message
    assert (again.template, again.plural, again.values) == ("{n} mail", "{n} mails", {"n": 2})
