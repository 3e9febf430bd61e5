"""X.509 certificates that end when they should, made with the library that moto itself reads them with."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

KEY = Ed25519PrivateKey.generate()
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])


def pem(end):
    """A certificate that ends at a time, in PEM."""
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(KEY.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(end - datetime.timedelta(days=4000)).not_valid_after(end)
    return builder.sign(KEY, None).public_bytes(Encoding.PEM).decode()
