"""Values as Chinese speakers say them: vectors, and every number read back from its words."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts import speak
from ivr.prompts.texts import load_texts, without_punctuation

PIECES = load_texts().pieces
DIGITS = "零一二三四五六七八九"


def said(prompt_ids: list[str]) -> str:
    return "".join(without_punctuation(PIECES[prompt_id]) for prompt_id in prompt_ids)


def read_back(words: str) -> int:
    """The number that these words mean; its own small grammar, independent of `speak`."""
    total = section = digit = 0
    for word in words.replace("两", "二"):
        if word in DIGITS:
            digit = DIGITS.index(word)
        elif word == "十":
            section, digit = section + (digit or 1) * 10, 0
        elif word == "百":
            section, digit = section + digit * 100, 0
        elif word == "千":
            section, digit = section + digit * 1000, 0
        else:
            total, section, digit = total + (section + digit) * {"万": 10**4, "亿": 10**8}[word], 0, 0
    return total + section + digit


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "零"), (1, "一"), (2, "二"), (10, "十"), (12, "十二"), (15, "十五"), (20, "二十"), (99, "九十九"),
        (100, "一百"), (102, "一百零二"), (105, "一百零五"), (110, "一百一十"), (115, "一百一十五"), (120, "一百二十"),
        (200, "二百"), (222, "二百二十二"), (999, "九百九十九"), (1000, "一千"), (1001, "一千零一"),
        (1010, "一千零一十"), (1100, "一千一百"), (1234, "一千二百三十四"), (2000, "两千"), (2022, "两千零二十二"),
        (2200, "两千二百"), (9009, "九千零九"), (10000, "一万"), (10001, "一万零一"), (10015, "一万零一十五"),
        (10300, "一万零三百"), (12000, "一万两千"), (20000, "两万"), (22222, "两万两千二百二十二"),
        (100000, "十万"), (105000, "十万五千"), (100300, "十万零三百"), (150000, "十五万"), (1150000, "一百一十五万"),
        (10000000, "一千万"), (100000000, "一亿"), (200000000, "两亿"), (100000300, "一亿零三百"),
        (110000000, "一亿一千万"), (101000000, "一亿零一百万"), (123456789, "一亿两千三百四十五万六千七百八十九"),
        (100010001, "一亿零一万零一"),
    ],
)
def test_numbers(n: int, words: str) -> None:
    assert said(speak.number(n)) == words


@given(st.integers(0, speak.LARGEST - 1) | st.integers(0, 20_000))
def test_a_number_read_back_is_the_number(n: int) -> None:
    assert read_back(said(speak.number(n))) == n


@given(st.integers(0, speak.LARGEST - 1))
def test_a_spoken_number_has_no_two_zeros_and_none_at_its_end(n: int) -> None:
    words = said(speak.number(n))
    assert "零零" not in words
    assert n == 0 or not words.endswith("零")
    assert not words.startswith("一十")


@pytest.mark.parametrize("n", [-1, speak.LARGEST])
def test_a_number_that_nobody_says_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="cannot speak"):
        speak.number(n)


@pytest.mark.parametrize(("n", "words"), [(1, "一"), (2, "两"), (12, "十二"), (22, "二十二"), (200, "二百")])
def test_counting_things_says_liang(n: int, words: str) -> None:
    assert said(speak.count(n)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("215.36", "二百一十五点三六"), ("215.30", "二百一十五点三"), ("0.5", "零点五"), ("12", "十二"),
        ("10.00", "十"), ("3.05", "三点零五"), ("1E+2", "一百"),
    ],
)
def test_decimals(value: str, words: str) -> None:
    assert said(speak.decimal(Decimal(value))) == words


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元"), (1, "一分"), (2, "两分"), (10, "一角"), (20, "两角"), (25, "两角五分"),
        (100, "一元"), (200, "两元"),
        (1200, "十二元"), (1205, "十二元零五分"), (1250, "十二元五角"), (1255, "十二元五角五分"),
        (10550, "一百零五元五角"),
        (20000, "二百元"), (200000, "两千元"), (1030001, "一万零三百元零一分"), (137819, "一千三百七十八元一角九分"),
    ],
)
def test_money(fen: int, words: str) -> None:
    assert said(speak.money(fen)) == words


@given(st.integers(0, 10**11))
def test_money_read_back_is_the_amount(fen: int) -> None:
    words = said(speak.money(fen))
    yuan, _, rest = words.rpartition("元")
    jiao, _, cents = rest.rpartition("角")
    assert 100 * read_back(yuan) + 10 * read_back(jiao) + read_back(cents.removesuffix("分")) == fen


def test_debt_is_not_an_amount() -> None:
    with pytest.raises(ValueError, match="without a sign"):
        speak.money(-1)


def test_spelled_digits_say_yao_pause_between_groups_and_fall_at_the_end() -> None:
    spoken = speak.digits("3701204815", groups=(3, 3, 4))
    assert said(spoken) == "三七零幺二零四八幺五"
    assert [position for position, prompt_id in enumerate(spoken) if prompt_id == "pause"] == [3, 7]
    assert spoken[-1] == "digit.5.end"


@given(st.text("0123456789", min_size=1, max_size=20))
def test_spelled_digits_read_back_are_the_digits(text: str) -> None:
    assert "".join(str("零幺二三四五六七八九".index(word)) for word in said(speak.digits(text))) == text


@pytest.mark.parametrize(
    ("text", "groups"), [("", ()), ("12a", ()), ("１２", ()), ("1234", (3, 3)), ("12", (2, 0)), ("-1", ())]
)
def test_what_is_not_digits_is_refused(text: str, groups: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot spell"):
        speak.digits(text, groups)


TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (TODAY, "今天"), (date(2026, 11, 20), "昨天"), (date(2026, 11, 22), "明天"), (date(2026, 11, 23), "后天"),
        (date(2026, 11, 24), "十一月二十四号"), (date(2026, 2, 1), "二月一号"),
        (date(2027, 1, 3), "二零二七年一月三号"),
    ],
)
def test_dates(day: date, words: str) -> None:
    assert said(speak.date(day, TODAY)) == words


def test_dates_without_a_today_have_month_and_day() -> None:
    assert said(speak.date(TODAY)) == "十一月二十一号"
    assert said(speak.month(date(2026, 10, 1))) == "十月"
    assert said(speak.month(date(2025, 10, 1), TODAY)) == "二零二五年十月"
    assert said(speak.weekday(TODAY)) == "星期六"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(0, 0), "凌晨零点"), (time(2, 0), "凌晨两点"), (time(5, 59), "凌晨五点五十九分"),
        (time(8, 5), "上午八点零五分"),
        (time(8, 30), "上午八点半"), (time(12, 10), "中午十二点十分"), (time(14, 0), "下午两点"),
        (time(18, 15), "晚上六点十五分"), (time(22, 30), "晚上十点半"), (time(23, 59, 59), "晚上十一点五十九分"),
    ],
)
def test_times(at: time, words: str) -> None:
    assert said(speak.time(at)) == words


def test_a_moment_is_day_and_time() -> None:
    now = datetime(2026, 11, 21, 23, 50)
    assert said(speak.moment(datetime(2026, 11, 22, 8, 30), now)) == "明天上午八点半"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)), st.datetimes(datetime(2000, 1, 1)))
def test_every_moment_can_be_said(at: datetime, now: datetime) -> None:
    assert said(speak.moment(at, now))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "不到一分钟"), (1, "一分钟"), (2, "两分钟"), (12, "十二分钟"), (30, "三十分钟"), (45, "四十五分钟"),
        (60, "一小时"),
        (65, "一小时零五分钟"), (62, "一小时零二分钟"), (90, "一个半小时"), (120, "两小时"), (150, "两个半小时"),
        (155, "两小时三十五分钟"), (1440, "一天"), (2880 + 120, "两天两小时"), (1530, "一天一个半小时"),
    ],
)
def test_durations(minutes: int, words: str) -> None:
    assert said(speak.duration(minutes)) == words


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="no sign"):
        speak.duration(-1)
