"""Who a browser is: a signed cookie, and the word that its forms must repeat."""

import base64
import hashlib
import hmac
from datetime import datetime

import msgspec

COOKIE = "fleet_session"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """*member*: whether this one has shown the token, or needs none."""

    id: str
    name: str
    member: bool
    until: datetime


class Signer:
    """Signs with one key; what it did not sign is nobody's."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, session: Session) -> str:
        body = base64.urlsafe_b64encode(msgspec.json.encode(session)).decode().rstrip("=")
        return f"{body}.{self._sign('session', body)}"

    def read(self, cookie: str, now: datetime) -> Session | None:
        body, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("session", body).encode()):
            return None
        session = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Session)
        return session if session.until > now else None

    def form_word(self, session: Session) -> str:
        """Return what a form of this session holds: no other site can know it."""
        return self._sign("form", session.id)

    def owns_form(self, session: Session, word: str) -> bool:
        return hmac.compare_digest(word.encode(), self.form_word(session).encode())

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
