"""Values as a Chinese speaker says them, as lists of prompt ids whose recordings are played one after another.

Pure; the words stand in `texts.yaml` under `pieces`. Rules: 二 is 两 before a unit and before 千 and 万; ten inside a
larger number is 一十; a gap of zeros is one 零; 1 in a spelled number is 幺; money ends with 角 and 分 only where they
are. Called by the stories and by `announcements.py`.
"""

from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime, timedelta
from datetime import time as Time
from decimal import Decimal
from itertools import pairwise
from typing import Final

LARGEST: Final = 10**12
_RELATIVE_DAYS: Final = {-1: "day.yesterday", 0: "day.today", 1: "day.tomorrow", 2: "day.after_tomorrow"}


def number(n: int) -> list[str]:
    """10300 → 一万零三百. Raises `ValueError` outside 0 … 10^12 - 1."""
    if not 0 <= n < LARGEST:
        raise ValueError(f"cannot speak {n}")
    if n == 0:
        return ["number.0"]
    spoken: list[str] = []
    gap = False
    for unit, myriads in (("number.yi", n // 10**8), ("number.wan", n // 10**4 % 10**4), ("", n % 10**4)):
        if myriads == 0:
            gap = bool(spoken)
            continue
        if spoken and (gap or myriads < 1000):
            spoken.append("number.0")
        spoken += ["number.two"] if unit and myriads == 2 else _below_ten_thousand(myriads, inner=bool(spoken))
        spoken += [unit] if unit else []
        gap = False
    return spoken


def _below_ten_thousand(n: int, *, inner: bool) -> list[str]:
    thousands, hundreds, rest = n // 1000, n // 100 % 10, n % 100
    spoken = [f"number.{thousands}000"] if thousands else []
    if hundreds:
        spoken.append(f"number.{hundreds}00")
    if rest:
        inner = inner or bool(spoken)
        if spoken and (not hundreds or rest < 10):
            spoken.append("number.0")
        spoken.append(f"number.inner.{rest}" if inner and 10 <= rest <= 19 else f"number.{rest}")
    return spoken


def count(n: int) -> list[str]:
    """A number before a unit: 2 → 两, else as `number`."""
    return ["number.two"] if n == 2 else number(n)


def decimal(value: Decimal) -> list[str]:
    """215.30 → 二百一十五点三. Digits after the point are read one by one, zeros at the end not at all."""
    whole, _, fraction = format(value, "f").partition(".")
    fraction = fraction.rstrip("0")
    spoken = number(int(whole))
    if fraction:
        spoken += ["number.point", *(f"number.{digit}" for digit in fraction)]
    return spoken


def money(fen: int) -> list[str]:
    """10550 → 一百零五元五角. Raises `ValueError` for debts: the sentence around says 欠费."""
    if fen < 0:
        raise ValueError("money is spoken without a sign")
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    spoken = [*count(yuan), "money.yuan"] if yuan or not fen else []
    if jiao:
        spoken.append(f"money.jiao.{jiao}")
    if rest:
        if yuan and not jiao:
            spoken.append("number.0")
        spoken.append(f"money.fen.{rest}")
    return spoken


def digits(text: str, groups: Sequence[int] = ()) -> list[str]:
    """`digits("3701204815", groups=(3, 3, 4))`: one by one, a pause between groups, the last one falling.

    Raises:
        ValueError: not digits only, or the groups do not make up the text.
    """
    sizes = list(groups) or [len(text)]
    if not (text.isascii() and text.isdigit()) or sum(sizes) != len(text) or min(sizes) < 1:
        raise ValueError(f"cannot spell {len(text)} characters in groups {sizes}")
    ends = [sum(sizes[:k]) for k in range(len(sizes) + 1)]
    spoken: list[str] = []
    for start, end in pairwise(ends):
        spoken += ["pause"] if spoken else []
        spoken += [f"digit.{digit}" for digit in text[start:end]]
    spoken[-1] += ".end"
    return spoken


def date(day: Date, today: Date | None = None) -> list[str]:
    """十一月二十一号; beside `today`: 今天, 明天, …, and the year where it is another one."""
    if today is not None:
        if near := _RELATIVE_DAYS.get((day - today).days):
            return [near]
        if day.year != today.year:
            return [*year(day.year), f"month.{day.month}", f"day.{day.day}"]
    return [f"month.{day.month}", f"day.{day.day}"]


def month(first: Date, today: Date | None = None) -> list[str]:
    """十月; beside `today` with the year where it is another one."""
    return [*(year(first.year) if today and today.year != first.year else []), f"month.{first.month}"]


def year(number_of_year: int) -> list[str]:
    """2026 → 二零二六年."""
    return [*(f"number.{digit}" for digit in str(number_of_year)), "date.year"]


def weekday(day: Date) -> list[str]:
    return [f"weekday.{day.isoweekday()}"]


def time(at: Time | datetime) -> list[str]:
    """22:30 → 晚上十点半. Local time; seconds are left out."""
    spoken = [f"hour.{at.hour}"]
    if at.minute == 30:
        return [*spoken, "hour.half"]
    if at.minute:
        spoken += ["number.0"] if at.minute < 10 else []
        spoken += [f"number.{at.minute}", "minute"]
    return spoken


def moment(at: datetime, now: datetime) -> list[str]:
    """明天上午八点半. Both in the zone that the caller lives in."""
    return [*date(at.date(), now.date()), *time(at)]


def duration(minutes: int) -> list[str]:
    """90 → 一个半小时. Raises `ValueError` below zero."""
    if minutes < 0:
        raise ValueError("a duration has no sign")
    if minutes == 0:
        return ["unit.under_a_minute"]
    span = timedelta(minutes=minutes)
    hours, rest = span.seconds // 3600, span.seconds // 60 % 60
    spoken = [*count(span.days), "unit.days"] if span.days else []
    if rest == 30 and hours == 1:
        return [*spoken, "unit.hour_and_a_half"]
    if rest == 30 and hours:
        return [*spoken, *count(hours), "unit.hours_and_a_half"]
    if hours:
        spoken += [*count(hours), "unit.hours"]
    if rest:
        spoken += ["number.0"] if hours and rest < 10 else []
        spoken += [*(number(rest) if hours and rest < 10 else count(rest)), "unit.minutes"]
    return spoken
