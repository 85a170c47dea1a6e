"""Secure connections that fail for a reason on this machine, in sentences that mend them."""

from __future__ import annotations

import os

__all__ = ["TRUST_IT", "UNTRUSTED", "is_untrusted", "missing_certificates", "proxy_of", "root"]

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # what requests reads, which fetches everything here

UNTRUSTED = "its certificate is not trusted"
TRUST_IT = (
    "where a proxy reads what you fetch, let REQUESTS_CA_BUNDLE name a file with the proxy's certificate (PIP_CERT for "
    "pip); otherwise set the clock right, or pip install --upgrade certifi"
)


def root(error: BaseException) -> BaseException:
    """The error that all began with, without what each layer wraps around it."""
    while below := error.__cause__ or error.__context__:
        error = below
    return error


def is_untrusted(error: BaseException) -> bool:
    """Whether a request failed because nobody here vouches for the other side's certificate."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def missing_certificates() -> str:
    """Say which variable names certificates that are not there; "" where none does."""
    for variable in BUNDLES:
        if (named := os.environ.get(variable)) and not os.path.exists(named):
            return f"{variable} names {named}, which is not there: let it name a file with certificates, or unset it"
    return ""


def proxy_of(url: str) -> str:
    """The proxy that requests to an address go through, without a password; "" where there is none."""
    from urllib.parse import urlsplit

    from requests.utils import get_environ_proxies, select_proxy

    try:
        named = select_proxy(url, get_environ_proxies(url)) or ""
        _, found, host = urlsplit(named).netloc.rpartition("@")
    except ValueError:  # no address
        return ""
    return f"{urlsplit(named).scheme}://{host}" if found else named
