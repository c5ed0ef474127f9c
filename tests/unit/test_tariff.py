"""Prices of energy against the vectors of domain.md, Appendix C."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.tariff import Prices


def prices(tier1: int, tier2: int, *yuan: str) -> Prices:
    first, second, third = map(Decimal, yuan)
    return Prices(price1=first, price2=second, price3=third, tier1_kwh=tier1, tier2_kwh=tier2)


SHANDONG = prices(2520, 4800, "0.5469", "0.5969", "0.8469")
ZHEJIANG = prices(2760, 4800, "0.538", "0.588", "0.838")
BEIJING = prices(2880, 4800, "0.4883", "0.5383", "0.7883")


@pytest.mark.parametrize(
    ("tariff", "kwh", "fen"),
    [(SHANDONG, 2520, 137_819), (SHANDONG, 3000, 166_470), (SHANDONG, 4800, 273_912), (SHANDONG, 5000, 290_850),
     (ZHEJIANG, 5000, 285_200), (BEIJING, 5000, 259_750)],
)
def test_a_year_costs_what_the_vectors_say(tariff: Prices, kwh: int, fen: int) -> None:
    assert tariff.amount_fen(tariff.split(0, kwh)) == fen


@given(st.lists(st.integers(0, 2000), max_size=12))
def test_months_add_up_to_the_year(months: list[int]) -> None:
    split, before = (0, 0, 0), 0
    for kwh in months:
        first, second, third = ZHEJIANG.split(before, kwh)
        assert min(first, second, third) >= 0 and first + second + third == kwh
        split = (split[0] + first, split[1] + second, split[2] + third)
        before += kwh
    assert split == ZHEJIANG.split(0, before)


def test_the_tier_of_a_year() -> None:
    assert [ZHEJIANG.tier(kwh) for kwh in (0, 2760, 2761, 4800, 4801)] == [1, 1, 2, 2, 3]
    flat = Prices(price1=Decimal("0.782"))
    assert flat.tier(10**6) is None and flat.amount_fen(flat.split(0, 100)) == 7820
