"""Who is asking, whether he may, and whether the request comes from our own page.

Every route names one permission: `person: Annotated[SignedIn, may(Permission.X)]`. A cookie alone is not enough for a
request that changes something: its Origin must be the page's own (CSRF; OWASP cheat sheet, "verifying origin").
"""

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from agent_desktop.resources import Resources, With
from services.auth.errors import ForeignOriginError, NotLoggedInError
from services.auth.permissions import Permission
from services.auth.sessions import SignedIn, authenticate

COOKIE = "hotline_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin(connection: HTTPConnection) -> None:
    """Refuse what a page of another site sent. A client that is no browser sends neither header.

    Raises:
        ForeignOriginError: `Origin` is not ours, or the browser says that the request is cross-site.
    """
    origin = connection.headers.get("origin")
    if origin is not None:
        try:
            own = urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()
        except ValueError:
            own = False
        if not own:
            raise ForeignOriginError("origin differs from host")
    elif connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignOriginError("cross-site fetch")


async def signed_in(connection: HTTPConnection, resources: Resources) -> SignedIn:
    """The person whose session this connection carries.

    Raises:
        NotLoggedInError
    """
    token = connection.cookies.get(COOKIE)
    if not token:
        raise NotLoggedInError("no cookie")
    async with resources.database.transaction() as session:
        return await authenticate(session, token, resources.settings)


async def _person(request: Request, resources: With) -> SignedIn:
    if request.method not in SAFE_METHODS:
        check_origin(request)
    return await signed_in(request, resources)


Person = Annotated[SignedIn, Depends(_person)]


def own_page(request: Request) -> None:
    """Dependency of the one route that changes something without a session: the login."""
    check_origin(request)


def may(permission: Permission) -> Any:
    """Dependency: the signed-in person, who has `permission`."""

    def person_who_may(person: Person) -> SignedIn:
        person.require(permission)
        return person

    return Depends(person_who_may)
