"""What we know already, told before the menu: a running outage (I-07), else an open ticket (I-08)."""

from collections.abc import Sequence

from ivr.conversation import Conversation, WayUp
from ivr.stories.fault import report_no_power
from ivr.stories.identify import account_or_number
from ivr.stories.outage_notice import announce
from ivr.stories.tickets import offer_urge
from services.outages.model import OutageStatus
from services.tickets.lookup import TicketView
from services.tickets.model import TicketType

# Nobody rings to hear how his praise or suggestion is doing; asked for in the menu they are told all the same.
NOT_WAITED_FOR = {TicketType.PRAISE, TicketType.SUGGEST, TicketType.OPINION}


async def known_matters(c: Conversation) -> bool:
    """True: that was what the caller wanted. False: he wants the menu."""
    if c.profile is None:
        return False
    running = [o for o in c.profile.outages if o.status is OutageStatus.IN_FORCE]
    awaited = _waited_for(c.profile.tickets)
    if not running and awaited is None:
        return False
    await c.say("welcome", "welcome.recording")
    c.heard_menus.add(c.menus.root)
    try:
        if awaited and not running:
            return await offer_urge(c, awaited, "ticket.open.intro")
        c.subject = c.menus.menus["repair"].agent
        wish = await announce(c, running[0])
        if wish == "2":
            await c.say("outage.report_anyway")
            await report_no_power(c, await account_or_number(c), scope="area")
        return wish != "3"
    except WayUp:
        return False


def _waited_for(tickets: Sequence[TicketView]) -> TicketView | None:
    """The ticket that this call is most likely about: a fault before anything else, then the newest."""
    waited_for = [ticket for ticket in tickets if ticket.type not in NOT_WAITED_FOR]
    return next((ticket for ticket in waited_for if ticket.type is TicketType.FAULT), next(iter(waited_for), None))
