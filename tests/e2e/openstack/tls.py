"""A certificate authority of the cloud's own, and the certificate of 127.0.0.1 that it gave."""

import shutil
import subprocess

from settings import ADDRESS, CONFIG

DAYS = "3650"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def make():
    """Makes both, once. The name is the address only: localhost is not what it is for."""
    folder = CONFIG / "tls"
    if folder.exists():
        return
    fresh = CONFIG / "tls.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-CA", f"{fresh}/ca.pem", "-CAkey", f"{fresh}/ca.key")
    openssl(
        *("req", "-x509", *key, "-days", DAYS, "-subj", "/CN=dvo test authority"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", f"{fresh}/ca.key", "-out", f"{fresh}/ca.pem"),
    )
    openssl(
        *("req", "-x509", *key, "-days", DAYS, "-subj", f"/CN={ADDRESS}", *authority),
        *("-addext", f"subjectAltName=IP:{ADDRESS}"),
        *("-addext", "basicConstraints=critical,CA:false"),
        *("-keyout", f"{fresh}/server.key", "-out", f"{fresh}/server.pem"),
    )
    fresh.rename(folder)
