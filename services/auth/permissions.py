"""Who may do what: one permission an action, a set of permissions a role (domain.md 2, permission matrix).

Routes of `agent_desktop` name the permission they need; which tickets a role may see or change is `TicketScope`.
"""

from enum import StrEnum
from typing import Final

from services.agents.model import Role


class Permission(StrEnum):
    DESK_VIEW = "desk.view"
    DESK_READY = "desk.ready"
    DESK_PAUSE = "desk.pause"
    DESK_WRAP_UP = "desk.wrap_up"
    DESK_END_CALL = "desk.end_call"
    PHONE_USE = "phone.use"
    CALL_POP = "call.pop"
    CALL_IDENTIFY = "call.identify"
    CALL_VERIFY = "call.verify"
    CALL_REVEAL_PHONE = "call.reveal_phone"
    CUSTOMER_SEARCH = "customer.search"
    CUSTOMER_REVEAL_PHONE = "customer.reveal_phone"
    TICKET_LIST = "ticket.list"
    TICKET_OPEN = "ticket.open"
    TICKET_EDIT = "ticket.edit"
    TICKET_DISPATCH = "ticket.dispatch"
    TICKET_CLOSE = "ticket.close"
    TICKET_URGE = "ticket.urge"
    BOARD_VIEW = "board.view"
    BOARD_LISTEN = "board.listen"


class TicketScope(StrEnum):
    """Which tickets a role reaches; what it may do with them is said by its permissions."""

    NONE = "none"
    OWN_UNIT = "own_unit"  # tickets of the own supply station
    READ_ALL_CHANGE_OWN = "read_all_change_own"  # agents search everything, change what they accepted
    ALL = "all"


_AGENT: Final = frozenset(Permission) - {Permission.BOARD_VIEW, Permission.BOARD_LISTEN}

PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.AGENT: _AGENT,
    Role.SHIFT_LEADER: frozenset(Permission),
    Role.SUPERVISOR: frozenset(Permission),
    Role.UNIT_HANDLER: frozenset({Permission.TICKET_LIST, Permission.TICKET_OPEN}),
    Role.CREW: frozenset({Permission.TICKET_LIST, Permission.TICKET_OPEN}),
    Role.ADMIN: frozenset(),  # configuration, no customer content
}

TICKET_SCOPES: Final[dict[Role, TicketScope]] = {
    Role.AGENT: TicketScope.READ_ALL_CHANGE_OWN,
    Role.SHIFT_LEADER: TicketScope.ALL,
    Role.SUPERVISOR: TicketScope.ALL,
    Role.UNIT_HANDLER: TicketScope.OWN_UNIT,
    Role.CREW: TicketScope.OWN_UNIT,
    Role.ADMIN: TicketScope.NONE,
}

ROLE_LABELS: Final[dict[Role, str]] = {
    Role.AGENT: "客服代表",
    Role.SHIFT_LEADER: "值班长",
    Role.SUPERVISOR: "主管",
    Role.UNIT_HANDLER: "供电所处理人",
    Role.CREW: "抢修人员",
    Role.ADMIN: "系统管理员",
}
