import subprocess
import sys

import pytest

from briefing.sources.language import detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The ministers met on Monday and agreed to lower the duty on steel from May.", "en"),
        ("Die Minister trafen sich am Montag und senkten den Zoll auf Stahl ab dem Mai.", "de"),
        ("Les ministres se sont réunis lundi pour baisser les droits de douane sur l'acier.", "fr"),
        ("Министры встретились в понедельник и договорились снизить пошлины на сталь.", "ru"),
        (
            "部长们周一举行会议并同意从五月起降低钢铁关税港口也将在同一天重新开放预计货运量将会增加许多航运公司表示欢迎",
            "zh",
        ),
        ("", ""),
        ("Too short", ""),
        ("12345 " * 100, ""),
        ("😀" * 100, ""),
    ],
)
def test_the_language_is_told(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\ud800" * 100 + "a" * 60, "qzx " * 5_000])
def test_no_language_crashes_nothing(text: str) -> None:
    assert len(detect(text)) in {0, 2}


def test_the_model_is_not_loaded_before_it_is_asked() -> None:
    code = "import sys, briefing.sources.language; print('py3langid' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout == "False\n"
