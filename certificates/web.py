"""TLS for browsers, where portal and websockify serve it themselves."""

from __future__ import annotations

import ssl

from sessions.settings import CertFiles


def web_context(files: CertFiles) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 (RFC 8996 forbids what is older). Raises OSError (ssl.SSLError is one) for unusable files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    # WebSockets and gunicorn's threads speak HTTP/1.1 and nothing newer.
    context.set_alpn_protocols(["http/1.1"])
    # With a word for the key, or the library would ask the terminal for one.
    context.load_cert_chain(files.cert, files.key, password="")
    return context
