"""How words are spelled that an identifier cannot spell."""

from collections.abc import Mapping
from types import MappingProxyType

_CAPITALS = """
acl ai api apis ascii asgi aws bom bst cdn cli cors cpu crc crlf crud csp csr csrf css csv db ddl dll dns dom
dsl dst eof ftp gcp gif gmt gpu gui hmac html http https iam id ide ids imap io ip iso jpeg jpg json jsonl jsx
jwks jwt kb lru lsp mb md5 mfa mime ml nlp npm oidc orm os otp pdf php pid png qa rbac rfc rgb rpc rsa rss s3
sdk seo sfc sha sha1 sha256 sha512 sms smtp sql sse ssh ssl sso ssr svg tcp tls toml tsv tsx ttl tty udp ui
uri uris url urls usb utc uuid uuids vm vpn wsgi www xhr xml xss yaml 2fa
"""
# A longer name stands before one it begins with.
_INNER_CAPITALS = """
APIs GitHub GitLab gRPC GraphQL IDs iOS IPv4 IPv6 JavaScript macOS MongoDB MySQL NaN OAuth2 OAuth OpenAI
OpenAPI PostgreSQL ProtoBuf SQLite TypeScript URIs URLs UUIDs WebAssembly WebSockets WebSocket
"""
MIXED = tuple(_INNER_CAPITALS.split())
_OTHER = {"utf8": "UTF-8", "utf16": "UTF-16", "utf32": "UTF-32", "js": "JS", "http2": "HTTP/2", "http3": "HTTP/3"}

_NEGATED = "aren can couldn didn doesn don hadn hasn haven isn mustn needn shouldn wasn weren won wouldn"

# An identifier's word, in lower case, as a reader spells it.
SPELLING: Mapping[str, str] = MappingProxyType(
    {word: word.upper() for word in _CAPITALS.split()}
    | {word.lower(): word for word in MIXED}
    | _OTHER
    | {f"{word}t": f"{word}'t" for word in _NEGATED.split()}
)

# The halves of "doesn_t".
NEGATED_STEMS = frozenset(_NEGATED.split())
