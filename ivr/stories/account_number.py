"""2-7: which number is my 户号. It is not spoken but sent to the registered phone, if this is one (I-14)."""

from ivr.conversation import Conversation
from services.calls import facts


async def account_number(c: Conversation) -> None:
    c.step = "account_number"
    accounts = c.profile.accounts if c.profile else ()
    if not accounts:
        await c.say("account.no_number")
        return c.solved("account_number", "已告知怎样查户号")
    if await c.choose("info.account_no.sms", keys="1", name="account_number") == "1":
        numbers = "、".join(account.account_no for account in accounts)
        c.record(
            facts.notice_requested, key=f"account-no-{c.call_id}", number=c.caller_number, text=f"您的户号是{numbers}。"
        )
        await c.say("info.sms_sent")
        c.solved("account_number", "户号已发到来电手机")
