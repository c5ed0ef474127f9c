"""2-1: balance, arrears and the last bill, after verification (R3-38, I-14, SEC-22)."""

from ivr.conversation import Conversation
from ivr.directory import NoDataError
from ivr.prompts import speak
from ivr.stories.identify import account_of
from ivr.stories.verify import verified
from services.billing.lookup import BalanceView
from services.billing.lookup import balance as balance_of


async def balance(c: Conversation) -> None:
    account = await account_of(c)
    await verified(c, account)
    c.step = "balance"
    money = await c.read(balance_of, account.account_no)
    if money is None:
        raise NoDataError("balance")
    c.given("balance", *_balance(money), *_bill(money), subject_id=account.account_no)
    await c.say(*_balance(money))
    c.solved("balance", "已告知余额和账单")
    await c.say(*_bill(money))


def _balance(money: BalanceView) -> list[str]:
    if money.arrears_fen > 0:
        return ["bill.arrears", *speak.money(money.arrears_fen)]
    if money.balance_fen == 0:
        return ["bill.zero"]
    return ["bill.balance", *speak.money(money.balance_fen)]


def _bill(money: BalanceView) -> list[str]:
    bill = money.bill
    if bill is None:
        return ["bill.month.none"]
    prompts = [
        "bill.month.intro",
        "bill.month.usage", *speak.number(bill.energy_kwh), "unit.kwh",
        "bill.month.amount", *speak.money(bill.amount_fen),
    ]
    if bill.paid_on is not None:
        prompts += ["bill.paid"]
    else:
        prompts += ["bill.unpaid", "bill.month.due", *speak.date(bill.due_on)]
    return [*prompts, f"bill.tier{money.tier}"] if money.tier else prompts
