"""A reader and a writer of signed session cookies, written from SPEC.md alone.

It is there to prove that SPEC.md suffices: it shares no code with any other
implementation, and needs nothing but Python's standard library. That has no
XChaCha20, so an encrypted cookie is reported as "unsupported".

    python3 cookiesession.py check VECTOR...
    python3 cookiesession.py read  --secret HEX [--name N] [--realm R] [--now RFC3339]
    python3 cookiesession.py write --secret HEX [--name N] [--realm R] [--now RFC3339]

read takes a cookie value from standard input and prints JSON; write takes a
JSON object and prints a cookie value.
"""

import argparse
import base64
import hmac
import json
import math
import os
import re
import struct
import sys
import time
import uuid
import zlib
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

SIGNED, ENCRYPTED = 1, 2  # Raw: protections
STORED, SHARED, ISOLATED = 0, 1, 2  # Body: compression
TAG_SIZE, NONCE_SIZE, MIN_BODY = 16, 24, 1 + 4 + 12  # Raw; Body: flags, created, session ID
MAX_TEXT, MAX_WRITTEN = 4096, 4093  # Text: for a reader; name and value, for a writer
MAX_PLAIN = 65_536  # Entries: Limit
MAX_LEVELS = 32  # Packing
MAX_LIFETIME, MAX_AHEAD = 14 * 24 * 3600, 300  # Lifetimes: L by default; touched ahead of now

# Packing: the tags
DATE, EPOCH, POSITIVE, NEGATIVE, DECIMAL = 0, 1, 2, 3, 4
BASE64URL, BASE64, UUID, HEX, SEGMENTS = 21, 22, 37, 108, 225
ESCAPE, DEFLATED, FOREIGN = 224, 226, 227
ESCAPED = {EPOCH, DECIMAL, BASE64URL, BASE64, UUID, HEX, ESCAPE, SEGMENTS, DEFLATED, FOREIGN}

FOREIGN_JSON = bytes.fromhex("3652a613")  # Entries: the one other serializer known here

# Appendix: the table of names
NAMES = """
user_id csrf_token v id name email items sku
title qty price roles expires_at flash level message
lang locale type quantity cart_id created_at value url
sub uid username login user account account_id customer_id
guest_id visitor_id profile role permissions scopes groups is_admin
is_staff is_superuser admin verified active status tenant tenant_id
org_id organization organization_id team_id provider issuer device_id session_id
ip ip_address user_agent fingerprint auth_time last_login last_seen last_activity
remember_me remember_token mfa otp two_factor logged_in amr acr
method access_token refresh_token id_token token token_type expires_in expires
expiry scope state code code_verifier code_challenge redirect_uri nonce
pkce client_id iss aud exp nbf iat jti
azp sid at_hash scp oid tid ver given_name
family_name nickname preferred_username picture email_verified phone_number _auth_user_id _auth_user_backend
_auth_user_hash _messages _session_expiry _user_id _fresh _id _remember _permanent
_flashes _csrf_token _token _previous _flash warden.user.user.key user_return_to flashes
passport messages kind text body error errors success
warning info notice alert label description notes step
data action next return_to redirect referrer cart lines
line_items product product_id variant variant_id options unit_price amount
total subtotal tax discount coupon coupon_code shipping payment_method
currency image image_url size color order order_id address
billing_address shipping_address line1 line2 city region postal_code postcode
zip country country_code phone company first_name last_name street
theme dark_mode timezone tz language page per_page sort
filter filters query consent settings preferences config flags
utm_source key uuid meta metadata attributes tags category
parent_id count position version start end date time
timestamp updated_at created ID Name Email UserID Username
Role Roles Title Price Quantity Items Message CreatedAt
ExpiresAt userId firstName lastName accessToken refreshToken idToken expiresAt
""".split()
INDEX = {name: index for index, name in enumerate(NAMES)}
FLOATS = {25: ">e", 26: ">f", 27: ">d"}  # by the additional information of their heads


class Refused(ValueError):
    """What a reader refuses: its text is one of the five words, or unsupported."""


def malformed_if(broken: bool) -> None:
    if broken:
        raise Refused("malformed")


class Session(NamedTuple):
    data: dict[str, Any]
    id: bytes
    created: int
    body: bytes


class Instant(NamedTuple):
    seconds: int  # since 1970-01-01T00:00:00Z
    fraction: str = ""  # decimal digits, no zero at the end

    def __str__(self) -> str:
        days, second = divmod(self.seconds, 86_400)
        cycles, day = divmod(days + EPOCH_DAY, CYCLE_DAYS)
        d = date.fromordinal(day + CYCLE_START)
        text = f"{d.year + 400 * cycles - 400:04}-{d.month:02}-{d.day:02}"
        text += f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        return text + (f".{self.fraction}" if self.fraction else "") + "Z"


# Years are counted in cycles of 400, as Python's date has no year 0.
CYCLE_DAYS, CYCLE_START = 146_097, date(400, 1, 1).toordinal()
EPOCH_DAY = date(1970, 1, 1).toordinal() - CYCLE_START + CYCLE_DAYS  # from year 0
RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?"
    r"(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)  # fmt: skip


def parse_instant(text: str) -> Instant:
    match = RFC3339.fullmatch(text)
    try:
        year, month, day, hour, minute, second = map(int, match.groups()[:6])
        days = date(year % 400 + 400, month, day).toordinal() - CYCLE_START
    except (AttributeError, ValueError):
        raise Refused("malformed") from None
    fraction, sign, zone_hour, zone_minute = match.groups("0")[6:]
    zone = (int(zone_hour) * 60 + int(zone_minute)) * (-1 if sign == "-" else 1)
    days += year // 400 * CYCLE_DAYS - EPOCH_DAY
    seconds = days * 86_400 + hour * 3600 + (minute - zone) * 60 + second
    return Instant(seconds, fraction.rstrip("0"))


FIRST_SECOND = parse_instant("0000-01-01T00:00:00Z").seconds
LAST_SECOND = parse_instant("9999-12-31T23:59:59Z").seconds


def instant_of(number: int | float) -> Instant:
    """Packing: no instant outside the years 0000 to 9999, and so no NaN either."""
    malformed_if(not FIRST_SECOND <= number < LAST_SECOND + 1)
    seconds = math.floor(number)
    return Instant(seconds, f"{min(number - seconds, 1 - 1e-9):.9f}"[2:].rstrip("0"))


# Keys


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869: no salt is 32 bytes of zero, and 32 bytes of output are one block."""
    prk = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(prk, info + b"\x01", "sha256")


def key_id(secret: bytes) -> bytes:
    return hkdf(secret, b"cookiesession key id")[:4]


def make_subkey(secret: bytes, protection: int, realm: str, name: str) -> bytes:
    info = b"cookiesession" + bytes([1, protection])
    for text in (realm, name):
        info += struct.pack(">H", len(text.encode())) + text.encode()
    return hkdf(secret, info)


# CBOR, reading


class Input:
    """Bytes that are read from the front. What is not well-formed is malformed."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def __bool__(self) -> bool:
        return self.at < len(self.data)

    def take(self, size: int) -> bytes:
        malformed_if(size > len(self.data) - self.at)
        self.at += size
        return self.data[self.at - size : self.at]

    def uvarint(self) -> int:
        """Conventions: LEB128, below 2^32, in its shortest spelling."""
        number = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                if number >= 1 << 32 or (byte == 0 and shift > 0):
                    break
                return number
        raise Refused("malformed")

    def head(self) -> tuple[int, int, int]:
        """Major type, additional information, and the argument."""
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info, info
        if info > 27:  # reserved, or of indefinite length
            raise Refused("malformed")
        argument = int.from_bytes(self.take(1 << info - 24))
        malformed_if(major == 7 and info == 24 and argument < 32)
        return major, info, argument

    def byte_string(self) -> bytes:
        major, _, argument = self.head()
        malformed_if(major != 2)
        return self.take(argument)

    def array(self, least: int, most: int) -> int:
        major, _, argument = self.head()
        malformed_if(major != 4 or not least <= argument <= most)
        return argument

    def integer(self) -> int:
        major, _, argument = self.head()
        malformed_if(major > 1)
        return -1 - argument if major else argument

    def tag(self) -> int | None:
        """The tag that comes next, if one does. It stays there."""
        at = self.at
        major, _, argument = self.head()
        self.at = at
        return argument if major == 6 else None


# Packing and Values, reading

TEXTS = {  # what packed texts unpack to
    UUID: lambda content: str(uuid.UUID(bytes=content)),
    HEX: bytes.hex,
    BASE64URL: lambda content: base64.urlsafe_b64encode(content).decode().rstrip("="),
    BASE64: lambda content: base64.b64encode(content).decode(),
}
to_base64url = TEXTS[BASE64URL]
KINDS = {DATE: {str}, EPOCH: {int, float}, POSITIVE: {bytes}, NEGATIVE: {bytes}}  # below tags


def unpack(data: Input, levels: int = 0, is_key: bool = False, in_tag: bool = False) -> Any:
    """The value of one packed item, and its length as plain CBOR."""
    start = data.at
    major, info, argument = data.head()
    size = data.at - start
    if major == 0 and is_key:
        malformed_if(argument >= len(NAMES))
        return NAMES[argument], len(encode_text(NAMES[argument]))
    if major in (0, 1):
        return (-1 - argument if major else argument), size
    if major == 2:
        return data.take(argument), size + argument
    if major == 3:
        return decode_utf8(data.take(argument)), size + argument
    if major == 6:
        return unpack_tag(data, argument, size, levels, is_key, in_tag)
    if major == 7:
        if info in FLOATS:
            return struct.unpack(FLOATS[info], data.data[start + 1 : data.at])[0], size
        return {20: False, 21: True}.get(argument), size
    malformed_if(levels == MAX_LEVELS)
    items, found, seen = [], {}, set()
    for _ in range(argument):
        if major == 5:
            key, length = unpack(data, levels + 1, is_key=True)
            malformed_if(repr(key) in seen)
            seen.add(repr(key))
            size += length
        value, length = unpack(data, levels + 1)
        size += length
        if major == 4:
            items.append(value)
        else:  # JSON knows texts as keys only: another key is given as its JSON
            found[key if isinstance(key, str) else json.dumps(to_json(key))] = value
    return (items if major == 4 else found), size


def unpack_tag(
    data: Input, tag: int, size: int, levels: int, is_key: bool, in_tag: bool
) -> tuple[Any, int]:
    if tag == SEGMENTS:
        text = ".".join([to_base64url(data.byte_string()) for _ in range(data.array(1, 8))])
        return text, len(encode_text(text))
    if tag in TEXTS:
        content = data.byte_string()
        malformed_if(tag == UUID and len(content) != 16)
        return TEXTS[tag](content), len(encode_text(TEXTS[tag](content)))
    if tag == DECIMAL:
        data.array(2, 2)
        exponent, mantissa = data.integer(), data.integer()
        malformed_if(not -22 <= exponent <= 0 or abs(mantissa) > 2**53)
        return mantissa / 10**-exponent, 9
    if tag == EPOCH:
        return instant_of(data.integer()), len(b"\xc0\x74YYYY-MM-DDTHH:MM:SSZ")
    if tag in (DEFLATED, FOREIGN):  # read_value takes those directly around values
        raise Refused("malformed")
    if tag == ESCAPE:
        start = data.at
        major, _, tag = data.head()
        size = data.at - start
        if is_key and major == 0:
            return tag, size  # an integer
        malformed_if(major != 6 or tag not in ESCAPED)
    levels += in_tag  # the first of adjacent tags is not counted
    malformed_if(levels > MAX_LEVELS or tag in KINDS and data.tag() is not None)
    content, length = unpack(data, levels, in_tag=True)
    malformed_if(type(content) not in KINDS.get(tag, {type(content)}))
    if tag == EPOCH:
        content = instant_of(content)
    elif tag == DATE:
        content = parse_instant(content)
    elif tag in (POSITIVE, NEGATIVE):
        content = int.from_bytes(content) if tag == POSITIVE else -1 - int.from_bytes(content)
    return content, size + length  # any other tag has no meaning here


def decode_utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused("malformed") from None


def to_json(value: Any) -> Any:
    """Vectors: byte strings as base64, instants as RFC 3339."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Instant):
        return str(value)
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


# CBOR and packing, writing: from JSON to packed CBOR


def encode_head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in (1, 2, 4, 8) if argument < 1 << 8 * size)
    return bytes([major << 5 | 23 + size.bit_length()]) + argument.to_bytes(size)


def encode_text(text: str) -> bytes:
    return encode_head(3, len(text.encode())) + text.encode()


def encode_bytes(data: bytes) -> bytes:
    return encode_head(2, len(data)) + data


def pack(value: Any) -> bytes:
    """A value of JSON, packed."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return encode_integer(value)
    if isinstance(value, float):
        return pack_float(value)
    if isinstance(value, str):
        return pack_text(value)
    if isinstance(value, list):
        return encode_head(4, len(value)) + b"".join(map(pack, value))
    # Values: maps are sorted by the bytes of their encoded keys, the plain ones.
    pairs = [pack_key(key) + pack(value[key]) for key in sorted(value, key=encode_text)]
    return encode_head(5, len(pairs)) + b"".join(pairs)


def encode_integer(number: int) -> bytes:
    """Values: integers of any size."""
    major, argument = (0, number) if number >= 0 else (1, -1 - number)
    if argument < 1 << 64:
        return encode_head(major, argument)
    tag = NEGATIVE if major else POSITIVE
    return encode_head(6, tag) + encode_bytes(argument.to_bytes((argument.bit_length() + 7) // 8))


def pack_float(number: float) -> bytes:
    """Values: the shortest float that keeps it; Packing: 64 bits as a decimal fraction."""
    if not math.isfinite(number):
        raise ValueError("a number beyond a float64")
    for info, code in FLOATS.items():
        try:
            short = struct.pack(code, number)
        except OverflowError:
            continue
        if struct.unpack(code, short)[0] == number:
            break
    plain = bytes([7 << 5 | info]) + short
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    mantissa = int("".join(map(str, digits))) * (-1 if sign else 1) * 10 ** max(exponent, 0)
    exponent = min(exponent, 0)
    if info < 27 or exponent < -22 or abs(mantissa) > 2**53 or mantissa / 10**-exponent != number:
        return plain
    pair = encode_head(4, 2) + encode_integer(exponent) + encode_integer(mantissa)
    return min(plain, encode_head(6, DECIMAL) + pair, key=len)


def pack_key(key: str) -> bytes:
    return encode_head(0, INDEX[key]) if key in INDEX else pack_text(key)


def pack_text(text: str) -> bytes:
    """The shortest of the text and the forms that unpack to it."""
    forms = {
        UUID: lambda: encode_bytes(uuid.UUID(text).bytes),
        HEX: lambda: encode_bytes(bytes.fromhex(text)),
        BASE64URL: lambda: encode_bytes(from_base64url(text)),
        BASE64: lambda: encode_bytes(base64.b64decode(text, validate=True)),
        SEGMENTS: lambda: encode_head(4, text.count(".") + 1)
        + b"".join(encode_bytes(from_base64url(part)) for part in text.split(".")),
    }
    best = encode_text(text)
    for tag, form in forms.items():
        try:
            packed = encode_head(6, tag) + form()
            # Packing: a writer packs only what unpacks to the same bytes.
            if len(packed) < len(best) and unpack(Input(packed))[0] == text:
                best = packed
        except ValueError:
            pass  # the text is not of that form
    return best


# Text


def from_base64url(text: str) -> bytes:
    """The bytes, if this is the one spelling they have."""
    malformed_if(not re.fullmatch("[A-Za-z0-9_-]*", text) or len(text) % 4 == 1)
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    malformed_if(to_base64url(data) != text)  # set bits after the last byte
    return data


# Entries


def inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(data, MAX_PLAIN + 1)
    except zlib.error:
        raise Refused("malformed") from None
    malformed_if(len(plain) > MAX_PLAIN or not stream.eof or stream.unused_data)
    return plain


def deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def read_entries(entries: bytes, compression: int) -> dict[str, Any]:
    data = Input(inflate(entries) if compression == SHARED else entries)
    found: dict[str, Any] = {}
    last, size = None, 0
    while data:
        key, _ = unpack(data, is_key=True)
        malformed_if(not isinstance(key, str) or last is not None and key.encode() <= last)
        last = key.encode()
        found[key], length = read_value(data, compression)
        size += len(last) + length
        malformed_if(size > MAX_PLAIN)
    return found


def read_value(data: Input, compression: int) -> tuple[Any, int]:
    """A value, and its length as plain CBOR."""
    start, tag = data.at, data.tag()
    if tag == DEFLATED and compression == ISOLATED:
        data.head()
        inner = Input(inflate(data.byte_string()))
        result = read_value(inner, STORED)  # STORED: no second tag 226
        malformed_if(inner)
        return result
    if tag == FOREIGN:
        data.head()
        content = data.byte_string()
        malformed_if(len(content) < 4)
        return foreign(content), data.at - start
    return unpack(data)


def foreign(content: bytes) -> Any:
    """A value of another serializer: JSON as what it says, others as they are."""
    if content[:4] == FOREIGN_JSON:
        try:
            return json.loads(content[4:])
        except (ValueError, RecursionError):
            pass
    return content


# Text, Raw, Body, Lifetimes: a whole cookie


def read_cookie(
    value: str, secret: bytes, name: str, realm: str, now: int,
    revoked: bool = False, not_before: int | None = None,
    lifetime: int = MAX_LIFETIME, idle: int | None = None,
) -> Session:  # fmt: skip
    """The session, or Refused. The order of the checks is the specification's."""
    malformed_if(not 0 < len(value) <= MAX_TEXT)
    raw = from_base64url(value)
    version, protection = raw[0] >> 4, raw[0] & 15
    if version != 1 or protection not in (SIGNED, ENCRYPTED):
        raise Refused("unreadable")
    nonce = NONCE_SIZE if protection == ENCRYPTED else 0
    malformed_if(len(raw) < 5 + nonce + MIN_BODY + TAG_SIZE)
    if raw[1:5] != key_id(secret):
        raise Refused("unreadable")
    if revoked:
        raise Refused("revoked")
    if protection == ENCRYPTED:
        raise Refused("unsupported")
    signed, tag = raw[:-TAG_SIZE], raw[-TAG_SIZE:]
    subkey = make_subkey(secret, protection, realm, name)
    if not hmac.compare_digest(hmac.digest(subkey, signed, "sha256")[:TAG_SIZE], tag):
        raise Refused("forged")

    body = Input(signed[5:])
    flags = body.take(1)[0]
    compression, expiry_kind = flags & 3, flags >> 2 & 3
    if flags & 0xE0 or compression == 3:
        raise Refused("unreadable")
    created = touched = int.from_bytes(body.take(4))
    if flags & 0x10:
        touched += body.uvarint()
        malformed_if(touched == created or touched >= 1 << 32)
    session_id = body.take(12)
    ends = [created + lifetime]
    if idle is not None:
        ends.append(touched + idle)
    if expiry_kind in (1, 2):
        ends.append(body.uvarint() + (touched if expiry_kind == 1 else created))

    if touched > now + MAX_AHEAD:
        raise Refused("unreadable")
    if not_before is not None and now >= not_before > created:
        raise Refused("revoked")
    if now >= min(ends):
        raise Refused("expired")
    data = read_entries(body.data[body.at :], compression)
    return Session(data, session_id, created, body.data)


def write_cookie(data: dict[str, Any], secret: bytes, name: str, realm: str, now: int) -> str:
    """A session that was just begun, without an expiry of its own."""
    if not 0 <= now < 1 << 32:
        raise ValueError("an instant that is no number of 4 bytes")
    keys = sorted(data, key=str.encode)
    entries, compression = b"".join(pack_key(key) + pack(data[key]) for key in keys), STORED
    if len(entries) >= 400:  # Entries: a writer tries DEFLATE from here
        deflated = deflate(entries)
        if len(deflated) * 10 <= len(entries) * 9:
            entries, compression = deflated, SHARED
    read_entries(entries, compression)  # what a reader would refuse must not be written
    header = bytes([1 << 4 | SIGNED]) + key_id(secret)
    body = struct.pack(">BI", compression, now) + os.urandom(12) + entries
    subkey = make_subkey(secret, SIGNED, realm, name)
    tag = hmac.digest(subkey, header + body, "sha256")[:TAG_SIZE]
    value = to_base64url(header + body + tag)
    if len(name.encode()) + len(value) > MAX_WRITTEN:
        raise ValueError("the session is too large for a cookie")
    return value


# Vectors


def same(a: Any, b: Any) -> bool:
    """Whether two values of JSON are equal: numbers as numbers, but true is not 1."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def check(path: str) -> str:
    """What differs, or that nothing does: ok or skipped (encrypted)."""
    with open(path, encoding="utf-8", newline="") as file:
        head, _, value = file.read().partition("\n\n")
    field = dict(line.split(": ", 1) for line in head.split("\n"))
    secret, name, realm = bytes.fromhex(field["secret"]), field["name"], field.get("realm", "")
    not_before = parse_instant(field["not-before"]).seconds if "not-before" in field else None
    session = None
    try:
        session = read_cookie(
            value.removesuffix("\n"), secret, name, realm, parse_instant(field["now"]).seconds,
            revoked=field.get("revoked") == "yes", not_before=not_before,
        )  # fmt: skip
        result = "opens"
    except Refused as refusal:
        result = str(refusal)
    if result == "unsupported":
        return "skipped (encrypted)"
    expected = "malformed" if field["expect"] == "broken" else field["expect"]
    if result != expected:
        return f"{result}, expected {field['expect']}"
    if session is not None:
        if make_subkey(secret, SIGNED, realm, name).hex() != field["subkey"]:
            return "another subkey"
        if session.body.hex() != field["body"]:
            return "another body"
        data = to_json(session.data)
        if not same(data, json.loads(field["data"])):
            return f"data: {json.dumps(data, sort_keys=True)}, expected {field['data']}"
    return "ok"


def main() -> int:
    parser = argparse.ArgumentParser(description="signed session cookies")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check").add_argument("vectors", nargs="+", metavar="VECTOR")
    for command in ("read", "write"):
        options = commands.add_parser(command)
        options.add_argument("--secret", required=True, type=bytes.fromhex, metavar="HEX")
        options.add_argument("--name", default="__Host-session")
        options.add_argument("--realm", default="")
        options.add_argument("--now", type=parse_instant, metavar="RFC3339")
    args = parser.parse_args()
    sys.set_int_max_str_digits(0)  # Values: integers of any size

    if args.command == "check":
        results = {path: check(path) for path in args.vectors}
        for path, result in results.items():
            print(f"{path}: {result}")
        return int(any(r not in ("ok", "skipped (encrypted)") for r in results.values()))

    if len(args.secret) != 32:
        parser.error("a secret has 32 bytes")
    now = args.now.seconds if args.now else int(time.time())
    cookie = args.secret, args.name, args.realm, now
    text = sys.stdin.buffer.read().decode(errors="replace")
    if args.command == "write":
        try:
            data = json.loads(text)
            if not isinstance(data, dict):
                raise ValueError("not a JSON object")
            print(write_cookie(data, *cookie))
        except (ValueError, RecursionError) as error:
            sys.exit(f"cannot write: {error}")
        return 0
    try:
        session = read_cookie(text.removesuffix("\n"), *cookie)
    except Refused as refusal:
        print(json.dumps({"refused": str(refusal)}, separators=(",", ":")))
        return 1
    answer = {"data": to_json(session.data), "id": to_base64url(session.id)}
    answer["created"] = str(Instant(session.created))
    print(json.dumps(answer, sort_keys=True, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
