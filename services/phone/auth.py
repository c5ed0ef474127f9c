"""The answer to a digest challenge (RFC 3261 section 22, RFC 2617): MD5, with and without qop=auth."""

import re
import secrets
from hashlib import md5

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class UnsupportedChallengeError(ValueError):
    """The server asks for an algorithm or quality of protection that this phone does not have."""


def authorization(challenge: str, *, method: str, uri: str, user: str, password: str) -> str:
    """The Authorization value for a WWW-Authenticate or Proxy-Authenticate value."""
    asked = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(challenge)}
    if not challenge.lower().startswith("digest") or asked.get("algorithm", "MD5").upper() != "MD5":
        raise UnsupportedChallengeError(challenge.split(",")[0])
    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    secret = _md5(f"{user}:{realm}:{password}")
    target = _md5(f"{method}:{uri}")
    given = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    plain = {"algorithm": "MD5"}
    qualities = [quality.strip() for quality in asked.get("qop", "").split(",") if quality.strip()]
    if not qualities:
        given["response"] = _md5(f"{secret}:{nonce}:{target}")
    elif "auth" in qualities:
        client_nonce = secrets.token_hex(8)
        given["response"] = _md5(f"{secret}:{nonce}:00000001:{client_nonce}:auth:{target}")
        given["cnonce"] = client_nonce
        plain |= {"qop": "auth", "nc": "00000001"}
    else:
        raise UnsupportedChallengeError("qop")
    if "opaque" in asked:
        given["opaque"] = asked["opaque"]
    parts = [f'{name}="{value}"' for name, value in given.items()] + [
        f"{name}={value}" for name, value in plain.items()
    ]
    return "Digest " + ", ".join(parts)


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
