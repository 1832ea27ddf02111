"""Who signed a program, as far as the program itself says: read, and never verified.

Where it lies: "Windows Authenticode Portable Executable Signature Format" (Microsoft, 2008) and the attribute
certificate table of the PE format's specification; what it holds: RFC 2315 (PKCS #7).
"""

from __future__ import annotations

import warnings
from itertools import islice
from struct import Struct

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from kit import der
from kit.text import one_line

PKCS_SIGNED_DATA = 0x0002  # WIN_CERT_TYPE_PKCS_SIGNED_DATA
MAX_TABLE = 1024 * 1024  # bytes of a certificate table; two signatures with their chains take some 30 KiB
MAX_CERTIFICATES = 64

_HEADER = Struct("<IHH")  # WIN_CERTIFICATE: dwLength, wRevision, wCertificateType


def signer(table: bytes) -> str | None:
    """The subject of the certificate that made the first signature in a certificate table, or None.

    None where nothing in `table` could be understood. A damaged signature is no signature.
    """
    try:
        with warnings.catch_warnings():
            # Certificates of the years of Windows XP break rules that a library of today reminds of.
            warnings.simplefilter("ignore")
            return _subject(_signing_certificate(_signed_data(table)))
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, StopIteration, IndexError):
        return None


def _signed_data(table: bytes) -> der.Element:
    if len(table) < _HEADER.size or len(table) > MAX_TABLE:
        raise ValueError("the table is cut off or too long")
    length, _revision, kind = _HEADER.unpack_from(table)
    if kind != PKCS_SIGNED_DATA or length > len(table):
        raise ValueError("the first entry is no PKCS #7 signature")
    # The entry is padded to a multiple of eight bytes; what is signed ends where its outermost element ends.
    content_info = der.read(memoryview(table)[_HEADER.size : length])
    _content_type, content = content_info.children()
    return next(content.children())


def _signing_certificate(signed_data: der.Element) -> x509.Certificate:
    # version, digestAlgorithms, contentInfo, [0] certificates, [1] crls, signerInfos. The library's own way to the
    # certificates wants contents of a kind that Authenticode's are not.
    parts = list(signed_data.children())
    certificates = next(part for part in parts if part.tag == der.CONTEXT_0)
    issuer, serial = _named_by(parts[-1])
    for encoded in islice(certificates.children(), MAX_CERTIFICATES):
        certificate = x509.load_der_x509_certificate(encoded.whole)
        if certificate.serial_number == serial and certificate.issuer.public_bytes() == issuer:
            return certificate
    raise ValueError("the signer's certificate is not among the certificates")


def _named_by(signer_infos: der.Element) -> tuple[bytes, int]:
    """The issuer's name, encoded, and the serial number: the first SignerInfo names a certificate by both."""
    _version, issuer_and_serial, *_rest = next(signer_infos.children()).children()
    issuer, serial = issuer_and_serial.children()
    return issuer.whole, int.from_bytes(serial.contents, "big", signed=True)


def _subject(certificate: x509.Certificate) -> str | None:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            return one_line(attribute.value) or None
    return None
