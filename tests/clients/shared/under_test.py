"""The server under test as its ready file describes it, and a browser without a screen, for the Python suites."""
import base64
import hashlib
import json
import os
import secrets
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests

with open(os.environ["COUNTERSIGN_READY_FILE"], encoding="utf-8") as _file:
    _READY = json.load(_file)

ISSUER = _READY["issuer"]
#: The https listener as Auth0's SDKs want it: host and port.
DOMAIN = urlsplit(_READY["https"]).netloc
ITEMS = "https://items.example.test"
CURVED = "https://curved.example.test"
JWKS_URL = ISSUER + ".well-known/jwks.json"
DISCOVERY_URL = ISSUER + ".well-known/openid-configuration"


def provider_token(strategy):
    """A fake identity provider's access token of its one user, 2000001."""
    answer = requests.get(f"{_READY['fake_providers']}/control/{strategy}/access-token", timeout=30)
    return answer.json()["token"]


def _find(items, key, wanted):
    return next(item for item in items if item[key] == wanted)


def client(name):
    """Finds a client of the tenant file by its name."""
    return _find(_READY["clients"], "name", name)


def user(name):
    """Finds a user of users.json by the part before the @; each suite has its own."""
    return _find(_READY["users"], "email", f"{name}@users.example.test")


class _Form(HTMLParser):
    """The first form of a page: where it goes, its hidden fields, the names it asks for, its buttons."""

    def __init__(self, html):
        super().__init__()
        self.action, self.hidden, self.fields, self.buttons = None, {}, [], []
        self._over = False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if self._over:
            return
        if tag == "form":
            self.action = given.get("action") or ""
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value") or ""
        elif tag == "input":
            self.fields.append(given.get("name"))
        elif tag == "button":
            self.buttons.append(given.get("value"))

    def handle_endtag(self, tag):
        self._over = self._over or tag == "form"


class Visitor:
    """One visitor with one cookie jar."""

    def __init__(self):
        self.session = requests.Session()

    def open(self, url, method="GET", **more):
        """Follows redirects on this server; returns `(url, None)` where it sends us away, else `(url, html)`."""
        here = urlsplit(url).netloc
        for _ in range(10):
            response = self.session.request(method, url, allow_redirects=False, timeout=30, **more)
            location = response.headers.get("location")
            if location is None:
                return url, response.text
            url, method, more = urljoin(url, location), "GET", {}
            if urlsplit(url).netloc != here:
                return url, None
        raise AssertionError(f"too many redirects at {url}")

    def sign_in(self, url, person):
        """Goes from an authorization request to the redirect back to the application; returns where that goes."""
        at, page = self.open(url)
        for _ in range(3):
            if page is None:
                return at
            form = _Form(page)
            if form.action is None:
                raise AssertionError(f"{at} shows no form: {page}")
            if "password" in form.fields:
                typed = {"username": person["email"], "password": person["password"], "action": "default"}
            else:
                assert "accept" in form.buttons, page
                typed = {"action": "accept"}
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(at))
            at, page = self.open(
                urljoin(at, form.action or at), "POST", data={**form.hidden, **typed}, headers={"origin": origin}
            )
        raise AssertionError(f"no redirect to the application but {page}")


def query(url):
    """The parameters of a URL."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def obtain_code(app, person, pkce=True, **parameters):
    """Signs a person in; returns the code and what the application remembers: redirect_uri, nonce, verifier."""
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    kept["redirect_uri"] = app["callbacks"][0]
    request = {
        "client_id": app["client_id"],
        "response_type": "code",
        "redirect_uri": kept["redirect_uri"],
        "scope": "openid profile email offline_access read:items",
        "audience": ITEMS,
        "state": kept["state"],
        "nonce": kept["nonce"],
        **parameters,
    }
    if pkce:
        digest = hashlib.sha256(kept["verifier"].encode()).digest()
        request["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        request["code_challenge_method"] = "S256"
    answer = query(Visitor().sign_in(f"{ISSUER}authorize?{urlencode(request)}", person))
    assert answer["state"] == kept["state"], answer
    return {**kept, "code": answer["code"]}
