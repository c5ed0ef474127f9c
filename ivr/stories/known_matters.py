"""What we know already, told before the menu: a running outage (I-07), else an open ticket (I-08)."""

from ivr.conversation import Conversation, WayUp
from ivr.stories.fault import report_no_power
from ivr.stories.identify import account_or_number
from ivr.stories.outage_notice import announce
from ivr.stories.tickets import offer_urge
from services.outages.model import OutageStatus


async def known_matters(c: Conversation) -> bool:
    """True: that was what the caller wanted. False: he wants the menu."""
    if c.profile is None:
        return False
    running = [o for o in c.profile.outages if o.status is OutageStatus.IN_FORCE]
    if not running and not c.profile.tickets:
        return False
    await c.say("welcome", "welcome.recording")
    c.heard_menus.add(c.menus.root)
    try:
        if not running:
            return await offer_urge(c, c.profile.tickets[0], "ticket.open.intro")
        c.subject = c.menus.menus["repair"].agent
        wish = await announce(c, running[0])
        if wish == "2":
            await c.say("outage.report_anyway")
            await report_no_power(c, await account_or_number(c), scope="area")
        return wish != "3"
    except WayUp:
        return False
