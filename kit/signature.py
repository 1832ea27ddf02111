"""Who signed a program, as far as the program itself says: read, and never verified.

Where it lies: "Windows Authenticode Portable Executable Signature Format" (Microsoft, 2008) and the attribute
certificate table of the PE format's specification; what it holds: RFC 2315 (PKCS #7).
"""

from __future__ import annotations

from struct import Struct

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs7
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
        return _subject(_signing_certificate(_pkcs7(table)))
    except (ValueError, UnsupportedAlgorithm):
        return None


def _pkcs7(table: bytes) -> bytes:
    if len(table) < _HEADER.size or len(table) > MAX_TABLE:
        raise ValueError("the table is cut off or too long")
    length, _revision, kind = _HEADER.unpack_from(table)
    if kind != PKCS_SIGNED_DATA or not _HEADER.size < length <= len(table):
        raise ValueError("the first entry is no PKCS #7 signature")
    # The entry is padded to a multiple of eight bytes; what is signed ends where its outermost element ends.
    return der.read(memoryview(table)[_HEADER.size : length]).whole


def _signing_certificate(signature: bytes) -> x509.Certificate:
    certificates = pkcs7.load_der_pkcs7_certificates(signature)[:MAX_CERTIFICATES]
    issuer, serial = _signer_info(signature)
    for certificate in certificates:
        if certificate.serial_number == serial and certificate.issuer.public_bytes() == issuer:
            return certificate
    raise ValueError("the signer's certificate is not among the certificates")


def _signer_info(signature: bytes) -> tuple[bytes, int]:
    """The issuer's name, encoded, and the serial number: SignedData's first signerInfo names a certificate by both."""
    content = list(der.read(memoryview(signature)).children())[1]  # ContentInfo: contentType, [0] content
    signed_data = next(content.children())
    # version, digestAlgorithms, contentInfo, [0] certificates, [1] crls, signerInfos
    infos = list(signed_data.children())[-1]
    _version, issuer_and_serial, *_rest = next(infos.children()).children()
    issuer, serial = issuer_and_serial.children()
    return issuer.whole, int.from_bytes(serial.contents, "big", signed=True)


def _subject(certificate: x509.Certificate) -> str | None:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(kind):
            return one_line(attribute.value) or None
    return None
