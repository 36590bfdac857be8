"""Authlib: a Flask web app as its users write it, its plain session, and its checks of access tokens."""
import secrets
import unittest
from urllib.parse import urlencode

import flask
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from under_test import CURVED, DISCOVERY_URL, ISSUER, ITEMS, JWKS_URL, Visitor, client, query, user

ada = user("authlib")
web = client("Regular Web App")
native = client("Native App")
machine = client("Machine")
LOGGED_OUT = "https://web.example.test/"
SCOPE = "openid profile email offline_access read:items"
metadata = requests.get(DISCOVERY_URL, timeout=30).json()


def web_app():
    """The web app of Auth0's guide for Flask, with PKCE, and its logout at the server."""
    app = flask.Flask("web")
    app.secret_key = secrets.token_hex(32)
    oauth = OAuth(app)
    oauth.register(
        "countersign",
        client_id=web["client_id"],
        client_secret=web["client_secret"],
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
        server_metadata_url=DISCOVERY_URL,
    )

    @app.get("/login")
    def login():
        extra = {"audience": ITEMS, **flask.request.args}
        return oauth.countersign.authorize_redirect(redirect_uri=web["callbacks"][0], **extra)

    @app.get("/callback")
    def callback():
        try:
            token = oauth.countersign.authorize_access_token()
        except OAuthError as error:
            return {"error": error.error, "error_description": error.description}, 401
        flask.session["id_token"] = token["id_token"]
        profile = oauth.countersign.userinfo(token=token)
        return {"id_token": dict(token["userinfo"]), "userinfo": dict(profile), "scope": token["scope"]}

    @app.get("/logout")
    def logout():
        hint = flask.session.pop("id_token", None)
        return oauth.countersign.logout_redirect(post_logout_redirect_uri=LOGGED_OUT, id_token_hint=hint)

    @app.get("/logged-out")
    def logged_out():
        return oauth.countersign.validate_logout_response()

    return app


class FlaskApp(unittest.TestCase):
    def setUp(self):
        self.visitor, self.app = Visitor(), web_app().test_client()

    def authorize(self, **parameters):
        """Asks the app for a login, goes to the server and returns the callback's path with its query."""
        answer = self.app.get(f"/login?{urlencode(parameters)}")
        self.assertEqual(answer.status_code, 302)
        request = query(answer.location)
        self.assertEqual(request["code_challenge_method"], "S256")
        self.assertIn("nonce", request)
        callback = self.visitor.sign_in(answer.location, ada)
        self.assertTrue(callback.startswith(web["callbacks"][0]), callback)
        return "/callback?" + callback.split("?", 1)[1]

    def test_core_003_025_037_038_232_login_with_discovery_pkce_nonce_and_userinfo(self):
        answer = self.app.get(self.authorize())
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json["id_token"]["iss"], ISSUER)
        self.assertEqual(answer.json["id_token"]["aud"], web["client_id"])
        self.assertEqual(answer.json["userinfo"]["email"], ada["email"])
        self.assertEqual(sorted(answer.json["scope"].split()), sorted(SCOPE.split()))

    def test_a_second_login_asks_for_no_password(self):
        first = self.app.get(self.authorize()).json["id_token"]
        second = self.app.get(self.authorize(prompt="none")).json["id_token"]
        self.assertEqual((second["sub"], second["sid"]), (first["sub"], first["sid"]))

    def test_core_039_a_silent_login_without_a_session_comes_back_as_an_error(self):
        answer = self.app.get(self.authorize(prompt="none"))
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer.json, {"error": "login_required", "error_description": "Login required"})

    def test_core_260_logout_by_the_id_token_asks_nothing_and_ends_the_session(self):
        self.app.get(self.authorize())
        back, page = self.visitor.open(self.app.get("/logout").location)
        self.assertIsNone(page)
        self.assertTrue(back.startswith(LOGGED_OUT), back)
        answer = self.app.get("/logged-out?" + back.split("?", 1)[1])
        self.assertEqual(answer.json["post_logout_redirect_uri"], LOGGED_OUT)
        self.assertEqual(self.app.get(self.authorize(prompt="none")).json["error"], "login_required")

    def test_a_foreign_state_is_refused_by_the_library(self):
        callback = self.authorize()
        code = query(callback)["code"]
        answer = self.app.get(f"/callback?code={code}&state=another")
        self.assertEqual((answer.status_code, answer.json["error"]), (401, "mismatching_state"))


class Session(unittest.TestCase):
    def session(self, app, **more):
        return OAuth2Session(
            app["client_id"], app["client_secret"], scope=SCOPE, redirect_uri=(app["callbacks"] or [None])[0],
            token_endpoint=metadata["token_endpoint"], code_challenge_method="S256", **more,
        )

    def sign_in(self, app, **more):
        session, verifier = self.session(app, **more), secrets.token_urlsafe(48)
        url, state = session.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, audience=ITEMS
        )
        callback = Visitor().sign_in(url, ada)
        session.fetch_token(authorization_response=callback, state=state, code_verifier=verifier)
        return session

    def test_core_097_123_225_basic_authentication_refresh_and_revocation(self):
        session = self.sign_in(web)
        first = session.token
        session.refresh_token(metadata["token_endpoint"])
        self.assertIn("id_token", session.token)
        self.assertEqual(session.token["refresh_token"], first["refresh_token"])
        answer = session.revoke_token(metadata["revocation_endpoint"], first["refresh_token"], "refresh_token")
        self.assertEqual(answer.status_code, 200)
        with self.assertRaises(OAuthError) as refusal:
            session.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
        self.assertEqual(refusal.exception.error, "invalid_grant")
        self.assertEqual(refusal.exception.description, "Unknown or invalid refresh token.")

    def test_core_108_125_a_public_client_refreshes_by_itself(self):
        session = self.sign_in(native)
        first = dict(session.token)
        session.token = {**first, "expires_at": 1}
        self.assertEqual(session.get(metadata["userinfo_endpoint"], timeout=30).json()["sub"], ada["user_id"])
        self.assertNotEqual(session.token["refresh_token"], first["refresh_token"])

    def test_core_112_client_credentials(self):
        session = self.session(machine, token_endpoint_auth_method="client_secret_post")
        session.scope = None
        token = session.fetch_token(grant_type="client_credentials", audience=ITEMS)
        self.assertEqual((token["token_type"], token["scope"]), ("Bearer", "read:items"))
        self.assertFalse({"refresh_token", "id_token"} & set(token))

    def test_core_096_a_wrong_secret(self):
        session = self.session({**machine, "client_secret": "wrong"})
        with self.assertRaises(OAuthError) as refusal:
            session.fetch_token(grant_type="client_credentials", audience=ITEMS)
        self.assertEqual((refusal.exception.error, refusal.exception.description), ("access_denied", "Unauthorized"))


class Validator(JWTBearerTokenValidator):
    """What an API has to write: where the keys are."""

    def get_jwks(self):
        return requests.get(JWKS_URL, timeout=30).json()


class ResourceServer(unittest.TestCase):
    def setUp(self):
        app = flask.Flask("api")
        require = ResourceProtector()
        require.register_token_validator(Validator(issuer=ISSUER, resource_server=CURVED))
        app.add_url_rule("/items", "read", require("read:items")(lambda: {"items": []}), methods=["GET"])
        app.add_url_rule("/items", "write", require("write:items")(lambda: {}), methods=["POST"])
        self.api = app.test_client()
        session = OAuth2Session(machine["client_id"], machine["client_secret"], token_endpoint=metadata["token_endpoint"])
        self.token = lambda audience: session.fetch_token(grant_type="client_credentials", audience=audience)["access_token"]

    def call(self, token, method="get"):
        return getattr(self.api, method)("/items", headers={"authorization": f"Bearer {token}"}).status_code

    def test_core_200_an_rfc_9068_token_signed_by_es256(self):
        token = self.token(CURVED)
        self.assertEqual(self.call(token), 200)
        self.assertEqual(self.call(token, "post"), 403)
        self.assertEqual(self.call(token[:-8] + "AAAAAAAA"), 401)

    def test_a_token_of_another_api_is_refused(self):
        self.assertEqual(self.call(self.token(ITEMS)), 401)


if __name__ == "__main__":
    unittest.main()
