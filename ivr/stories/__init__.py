"""One self-service each. A story returns when it has helped, and raises `AgentWanted` when a person must."""

from collections.abc import Awaitable, Callable
from typing import Final

from ivr.conversation import Conversation
from ivr.stories.account_number import account_number
from ivr.stories.balance import balance
from ivr.stories.fault import fault_area, fault_other, fault_single
from ivr.stories.key_account import key_account
from ivr.stories.outage import outage_here, planned_outages, subscribe
from ivr.stories.reconnect import reconnect
from ivr.stories.tickets import progress, service_request

Story = Callable[[Conversation], Awaitable[None]]

STORIES: Final[dict[str, Story]] = {
    story.__name__: story
    for story in (
        account_number, balance, fault_area, fault_other, fault_single, key_account, outage_here, planned_outages,
        progress, reconnect, service_request, subscribe,
    )
}
