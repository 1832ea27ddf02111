"""Windows programs made for tests: right in every part that is read, and without any code.

`program()` is a PE file (Microsoft, "PE Format") with a version resource ("VS_VERSIONINFO", Windows API reference)
and, where asked for, a signature: PKCS #7 in a WIN_CERTIFICATE, by a certificate made for the purpose.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

X86 = 0x014C
X64 = 0x8664
TIGHTVNC = {"FileDescription": "TightVNC Server", "ProductName": "TightVNC", "CompanyName": "GlavSoft LLC."}

_SECTION_AT = 0x200  # in the file
_SECTION_RVA = 0x1000
_PE_AT = 0x40
_SECURITY = 4
# Two of one length: PKCS #7's "data", and one of Microsoft's, as SPC_INDIRECT_DATA is.
_DATA_OID = bytes.fromhex("06092a864886f70d010701")
MICROSOFT = bytes.fromhex("06092b0601040182370204")
_START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def program(
    *,
    machine: int = X86,
    needs: tuple[int, int] = (5, 1),
    version: tuple[int, int, int, int] | None = (2, 8, 27, 0),
    strings: Mapping[str, str] = TIGHTVNC,
    signer: str | None = None,
) -> bytes:
    """A whole program; without a version resource where `version` is None."""
    section = b"" if version is None else resources(version_resource(version, strings))
    data = _headers(machine, needs, section) + section
    return signed(data, signature(signer)) if signer else data


def signed(data: bytes, table: bytes) -> bytes:
    """`data`, a program without a signature, with a certificate table put behind it."""
    data += bytes(-len(data) % 8)
    entry = _optional_header_at(data) + _directories_offset(data) + 8 * _SECURITY
    return data[:entry] + struct.pack("<II", len(data), len(table)) + data[entry + 8 :] + table


def signature(signer: str, *, more_certificates: int = 2, authenticode: bool = False) -> bytes:
    """A certificate table with one signature and the certificates of others beside the signer's.

    With `authenticode`, what was signed is of a kind that only Windows knows.
    """
    key, certificate = _certificate(signer)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"what was signed").add_signer(certificate, key, hashes.SHA256())
    for number in range(more_certificates):
        builder = builder.add_certificate(_certificate(f"Certification Authority {number}")[1])
    made = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    return win_certificate(made.replace(_DATA_OID, MICROSOFT, 1) if authenticode else made)


def win_certificate(content: bytes, *, kind: int = 2, revision: int = 0x0200) -> bytes:
    """One entry of a certificate table, padded as the format asks."""
    entry = struct.pack("<IHH", 8 + len(content), revision, kind) + content
    return entry + bytes(-len(entry) % 8)


def version_resource(version: tuple[int, int, int, int], strings: Mapping[str, str]) -> bytes:
    """VS_VERSIONINFO with its numbers and one table of strings."""
    major, minor, build, patch = version
    fixed = struct.pack("<II4H4H28x", 0xFEEF04BD, 0x10000, minor, major, patch, build, minor, major, patch, build)
    table = block("040904b0", b"".join(_string(name, text) for name, text in strings.items()))
    return block("VS_VERSION_INFO", _padded(fixed) + block("StringFileInfo", table), value_length=len(fixed))


def block(key: str, contents: bytes, *, value_length: int = 0, kind: int = 0) -> bytes:
    """One block of a version resource."""
    head = _padded(bytes(6) + key.encode("utf-16-le") + b"\0\0")
    return _padded(struct.pack("<HHH", len(head) + len(contents), value_length, kind) + (head + contents)[6:])


def resources(version: bytes) -> bytes:
    """A section of resources with one in it: type 16, name 1, language English."""
    levels = b"".join(
        struct.pack("<12xHHII", 0, 1, number, target)
        for number, target in ((16, 0x8000_0018), (1, 0x8000_0030), (0x409, 0x48))
    )
    return levels + struct.pack("<IIII", _SECTION_RVA + len(levels) + 16, len(version), 0, 0) + version


def _string(name: str, text: str) -> bytes:
    return block(name, text.encode("utf-16-le") + b"\0\0", value_length=len(text) + 1, kind=1)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _headers(machine: int, needs: tuple[int, int], section: bytes) -> bytes:
    optional = _optional_header(machine, needs, len(section))
    file_header = struct.pack("<HHIIIHH", machine, bool(section), 0, 0, 0, len(optional), 0x0102)
    table = struct.pack(
        "<8sIIIIIIHHI", b".rsrc", len(section), _SECTION_RVA, len(section), _SECTION_AT, 0, 0, 0, 0, 0x4000_0040
    )
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", _PE_AT)
    return (dos + b"PE\0\0" + file_header + optional + (table if section else b"")).ljust(_SECTION_AT, b"\0")


def _optional_header(machine: int, needs: tuple[int, int], size: int) -> bytes:
    wide = machine != X86
    base = struct.pack("<Q", 0x1_4000_0000) if wide else struct.pack("<II", 0, 0x40_0000)
    word = "<4Q" if wide else "<4I"
    return (
        struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 8, 0, 0, size, 0, 0, 0)
        + base
        + struct.pack("<II6HIIIIHH", 0x1000, 0x200, *needs, 0, 0, *needs, 0, 0x3000, _SECTION_AT, 0, 2, 0)
        + struct.pack(word, 0x10_0000, 0x1000, 0x10_0000, 0x1000)
        + struct.pack("<II", 0, 16)
        + struct.pack("<16xII", _SECTION_RVA if size else 0, size)
        + bytes(13 * 8)
    )


def _optional_header_at(data: bytes) -> int:
    return int.from_bytes(data[0x3C:0x40], "little") + 24


def _directories_offset(data: bytes) -> int:
    at = _optional_header_at(data)
    return 112 if data[at : at + 2] == b"\x0b\x02" else 96


def _certificate(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "made in a test")]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_START)
        .not_valid_after(_START + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, certificate
