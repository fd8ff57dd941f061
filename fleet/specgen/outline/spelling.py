"""How words are spelled that an identifier cannot spell."""

from collections.abc import Mapping
from types import MappingProxyType

_CAPITALS = """
acl ai api apis ascii asgi aws bom bst cdn cli cors cpu crc crlf crud csp csr csrf css csv db ddl dll dns dom
dsl dst eof ftp gcp gif gmt gpu gui hmac html http https iam id ide idna ids imap io ip iso jpeg jpg json jsonl jsx
jwks jwt kb lru lsp mb md5 mfa mime ml mvc nlp npm oidc orm os otp pdf php pid png qa rbac rfc rgb rpc rsa rss s3
sdk seo sfc sha sha1 sha256 sha512 sms smtp sql sse ssh ssl sso ssr svg tcp tls toml tsv tsx ttl tty udp ui
uri uris url urls usb utc utf uuid uuids vm vpn wsgi www xhr xml xss yaml 2fa
"""
# A longer name stands before one it begins with.
_INNER_CAPITALS = """
APIs CouchDB DynamoDB GitHub GitLab gRPC GraphQL IDs IndexedDB iOS IPv4 IPv6 JavaScript JUnit macOS MariaDB MongoDB
MsgPack MySQL NaN NoSQL NUnit OAuth2 OAuth OpenAI OpenAPI OpenSSL PHPUnit PostgreSQL ProtoBuf RabbitMQ RSpec SQLite
TypeScript URIs URLs UUIDs WebAssembly WebRTC WebSockets WebSocket
"""
# The same as camelCase has them.
_IN_CAMEL_CASE = (
    "CouchDb DynamoDb GraphQl IndexedDb MariaDb MongoDb MySql NoSql OpenApi OpenSsl PostgreSql RabbitMq WebRtc"
)
MIXED = (*_INNER_CAPITALS.split(), *_IN_CAMEL_CASE.split())
_NAMES = "Android Docker Kotlin Kubernetes Linux Postgres Python Redis Unicode"
_OTHER = {
    "utf8": "UTF-8",
    "utf16": "UTF-16",
    "utf32": "UTF-32",
    "js": "JS",
    "http1": "HTTP/1",
    "http2": "HTTP/2",
    "http3": "HTTP/3",
    "cant": "can't",
}

_NEGATED = "aren can couldn didn doesn don hadn hasn haven isn mustn needn shouldn wasn weren won wouldn"

# An identifier's word, in lower case, as a reader spells it.
SPELLING: Mapping[str, str] = MappingProxyType(
    {word: word.upper() for word in _CAPITALS.split()}
    | {word.lower(): word for word in (*_INNER_CAPITALS.split(), *_NAMES.split())}
    | {f"{word}t": f"{word}'t" for word in _NEGATED.split()}
    | _OTHER
)

# The halves of "doesn_t".
NEGATED_STEMS = frozenset(_NEGATED.split())

# Long enough that capitals which consist of them are not something else: JSONUTF is two words, IDS is one.
ACRONYMS = frozenset(word.upper() for word in _CAPITALS.split() if len(word) > 2 and word.isalpha())  # noqa: PLR2004  # two letters are in every word
# Lower-case words of prose that nobody means otherwise.
_PROSE = """
api apis ascii cli cors csrf css csv dns gzip html http https jpeg json jsx jwt mime pdf php rfc rpc sdk sms smtp sql
ssh ssl tcp tls toml tsx ttl udp uri uris url urls utc utf8 uuid uuids wsgi xml yaml ipv4 ipv6 javascript typescript
"""
PROSE_ACRONYMS = frozenset(_PROSE.split()) - {"gzip"}
