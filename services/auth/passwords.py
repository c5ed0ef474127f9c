"""Passwords as argon2id hashes (RFC 9106): tens of milliseconds and 64 MiB each, so in a thread and few at a time."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher: Final = PasswordHasher()
_AT_ONCE: Final = 4
_gate = asyncio.Semaphore(_AT_ONCE)

# Verified for an unknown staff number, so that the answer takes as long as for a known one.
_NOBODY: Final = _hasher.hash("nobody")


def hash_password(password: str) -> str:
    """Blocks; for the demo city, migrations and command lines."""
    return _hasher.hash(password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """True if `password` belongs to `password_hash`; `None` (nobody) takes the same time and is False."""
    async with _gate:
        matches = await asyncio.to_thread(_matches, password, password_hash or _NOBODY)
    return matches and password_hash is not None


def _matches(password: str, password_hash: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
