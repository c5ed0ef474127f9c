"""Who sits at the screen and what they may do."""

from pydantic import Field

from agent_desktop.schemas.common import Choice, Command, Shape
from services.agents.model import Role


class Login(Command):
    staff_no: str = Field(min_length=1, max_length=8, pattern=r"^[0-9A-Za-z]+$")
    password: str = Field(min_length=1, max_length=200)


class Staff(Shape):
    staff_no: str
    name: str
    role: Role
    role_label: str


class Softphone(Shape):
    """What JsSIP needs. The password is fresh for each login and worthless after it."""

    uri: str  # sip:3021@hotline95598
    authorization_user: str
    realm: str
    password: str
    websocket_path: str  # relative to the page's own origin


class Me(Shape):
    staff: Staff
    permissions: list[str]  # names of services/auth/permissions.py
    softphone: Softphone | None  # none for a role without a phone
    phone_problem: str  # why the phone cannot be used now; empty when all is well
    pause_reasons: list[Choice]  # those that a person may choose
    company: str
    province: str
