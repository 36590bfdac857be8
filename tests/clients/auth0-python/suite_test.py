"""auth0-python: its authentication calls and its token verifiers."""
import asyncio
import pathlib
import unittest

from auth0.authentication import GetToken, RevokeToken, Social, Users
from auth0.authentication.async_token_verifier import AsyncAsymmetricSignatureVerifier, AsyncTokenVerifier
from auth0.authentication.exceptions import Auth0Error, TokenValidationError
from auth0.authentication.token_verifier import (
    AsymmetricSignatureVerifier,
    SymmetricSignatureVerifier,
    TokenVerifier,
)
from under_test import DOMAIN, ISSUER, ITEMS, JWKS_URL, client, obtain_code, provider_token, user

SHARED = "https://shared.example.test"
SHARED_SECRET = "SharedApi-secret_0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJ"

ada = user("auth0-python")
web = client("Regular Web App")
shared_web = client("Shared Secret Web App")
native = client("Native App")
signing = client("Signing Web App")
machine = client("Machine")
legacy = client("Fake providers, legacy")


def sdk(app, secret=None):
    return GetToken(DOMAIN, app["client_id"], secret or app["client_secret"])


def verifier(audience, secret=None):
    """The SDK's verifier: by the published keys, or by a shared secret."""
    signatures = SymmetricSignatureVerifier(secret) if secret else AsymmetricSignatureVerifier(JWKS_URL)
    return TokenVerifier(signatures, issuer=ISSUER, audience=audience)


def machine_token(audience=ITEMS):
    return sdk(machine).client_credentials(audience)["access_token"]


def web_tokens(app=web, **parameters):
    flow = obtain_code(app, ada, pkce=False, **parameters)
    return flow, sdk(app).authorization_code(flow["code"], flow["redirect_uri"])


class Refused:
    """Asserts that the block ends in the SDK's own error with these three values."""

    def __init__(self, test, status, code, message):
        self.test, self.expected = test, (status, code, message)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.test.assertIsInstance(error, Auth0Error)
        self.test.assertEqual((error.status_code, error.error_code, error.message), self.expected)
        return True


class Assertions(unittest.TestCase):
    """Calls of an application that signs (client_assertion_signing_key)."""

    def setUp(self):
        key = pathlib.Path(__file__).parent.parent / "shared" / "assertion-key.pem"
        self.key = {"client_assertion_signing_key": key.read_text(encoding="utf-8")}
        self.sdk = GetToken(DOMAIN, signing["client_id"], **self.key)

    def test_client_credentials(self):
        token = self.sdk.client_credentials(ITEMS)["access_token"]
        claims = AsymmetricSignatureVerifier(JWKS_URL).verify_signature(token)
        self.assertEqual(claims["sub"], f"{signing['client_id']}@clients")

    def test_code_refresh_and_revocation(self):
        flow = obtain_code(signing, ada, pkce=False)
        tokens = self.sdk.authorization_code(flow["code"], flow["redirect_uri"])
        self.assertTrue(self.sdk.refresh_token(tokens["refresh_token"])["access_token"])
        RevokeToken(DOMAIN, signing["client_id"], **self.key).revoke_refresh_token(tokens["refresh_token"])
        with Refused(self, 403, "invalid_grant", "Unknown or invalid refresh token."):
            self.sdk.refresh_token(tokens["refresh_token"])


class Calls(unittest.TestCase):
    def test_core_102_201_the_code_grant_without_pkce_takes_a_code_once(self):
        flow, tokens = web_tokens()
        self.assertEqual(tokens["token_type"], "Bearer")
        claims = AsymmetricSignatureVerifier(JWKS_URL).verify_signature(tokens["access_token"])
        self.assertEqual((claims["sub"], claims["aud"]), (ada["user_id"], [ITEMS, f"{ISSUER}userinfo"]))
        with Refused(self, 403, "invalid_grant", "Invalid authorization code"):
            sdk(web).authorization_code(flow["code"], flow["redirect_uri"])

    def test_core_108_the_pkce_grant_of_a_public_client(self):
        flow = obtain_code(native, ada)
        tokens = sdk(native).authorization_code_pkce(flow["verifier"], flow["code"], flow["redirect_uri"])
        claims = verifier(native["client_id"]).verify(tokens["id_token"], nonce=flow["nonce"])
        self.assertEqual(claims["sub"], ada["user_id"])

    def test_core_106_a_wrong_verifier(self):
        flow = obtain_code(native, ada)
        with Refused(self, 403, "invalid_grant", "Failed to verify code verifier"):
            sdk(native).authorization_code_pkce("v" * 43, flow["code"], flow["redirect_uri"])

    def test_core_125_a_public_client_gets_another_refresh_token(self):
        flow = obtain_code(native, ada)
        first = sdk(native).authorization_code_pkce(flow["verifier"], flow["code"], flow["redirect_uri"])
        second = sdk(native).refresh_token(first["refresh_token"])
        self.assertNotEqual(second["refresh_token"], first["refresh_token"])

    def test_core_123_126_225_228_refresh_then_revoke(self):
        _, first = web_tokens()
        second = sdk(web).refresh_token(first["refresh_token"])
        self.assertEqual(sorted(second["scope"].split()), sorted(first["scope"].split()))
        self.assertEqual(verifier(web["client_id"]).verify(second["id_token"])["sub"], ada["user_id"])
        narrow = sdk(web).refresh_token(first["refresh_token"], scope="openid")
        self.assertEqual(narrow["scope"], "openid")
        revoke = RevokeToken(DOMAIN, web["client_id"], client_secret=web["client_secret"])
        self.assertEqual(revoke.revoke_refresh_token(first["refresh_token"]), "")
        with Refused(self, 403, "invalid_grant", "Unknown or invalid refresh token."):
            sdk(web).refresh_token(first["refresh_token"])

    def test_core_232_233_userinfo(self):
        _, tokens = web_tokens()
        profile = Users(DOMAIN).userinfo(tokens["access_token"])
        self.assertEqual((profile["sub"], profile["email"]), (ada["user_id"], ada["email"]))
        with self.assertRaises(Auth0Error) as refusal:
            Users(DOMAIN).userinfo("not-a-token")
        self.assertEqual(refusal.exception.status_code, 401)

    def test_core_100_113_client_credentials_in_json_with_a_null_organization(self):
        answer = sdk(machine).client_credentials(ITEMS)
        self.assertEqual((answer["expires_in"], answer["scope"]), (86400, "read:items"))
        claims = verifier(ITEMS).verify(answer["access_token"])
        self.assertEqual((claims["sub"], claims["gty"]), (f"{machine['client_id']}@clients", "client-credentials"))

    def test_core_096_a_wrong_secret(self):
        with Refused(self, 401, "access_denied", "Unauthorized"):
            sdk(machine, secret="wrong").client_credentials(ITEMS)

    def test_core_114_an_unknown_audience(self):
        with Refused(self, 403, "access_denied", "Service not enabled within domain: https://nobody.example.test"):
            sdk(machine).client_credentials("https://nobody.example.test")


class SocialLogins(unittest.TestCase):
    """Logins by an identity provider's access token (POST /oauth/access_token)."""

    def setUp(self):
        self.social = Social(DOMAIN, legacy["client_id"])

    def test_with_openid_there_is_an_id_token(self):
        for connection in ("google-oauth2", "facebook", "weibo"):
            tokens = self.social.login(provider_token(connection), connection, scope="openid profile")
            claims = verifier(legacy["client_id"]).verify(tokens["id_token"])
            self.assertEqual(claims["sub"], f"{connection}|2000001")
            self.assertEqual(Users(DOMAIN).userinfo(tokens["access_token"])["sub"], claims["sub"])

    def test_without_openid_there_is_an_access_token_alone(self):
        tokens = self.social.login(provider_token("facebook"), "facebook", scope="profile")
        self.assertEqual(tokens["token_type"], "Bearer")
        self.assertTrue(tokens["access_token"])
        self.assertNotIn("id_token", tokens)

    def test_a_token_that_the_provider_refuses(self):
        for connection in ("google-oauth2", "facebook", "weibo"):
            with Refused(self, 401, "invalid_request", "invalid access_token: invalid_token"):
                self.social.login("not-a-token", connection)

    def test_core_194_a_conformant_client(self):
        with Refused(self, 400, "invalid_request", "OIDC conformant clients cannot use /oauth/access_token"):
            Social(DOMAIN, native["client_id"]).login(provider_token("facebook"), "facebook")


class Verifiers(unittest.TestCase):
    def test_an_access_token_by_the_published_keys(self):
        token = machine_token()
        self.assertEqual(verifier(ITEMS).verify(token)["iss"], ISSUER)
        for wrong in (
            lambda: verifier("https://other.example.test").verify(token),
            lambda: verifier(ITEMS).verify(token[:-8] + "AAAAAAAA"),
            lambda: verifier(ITEMS, secret=SHARED_SECRET).verify(token),
        ):
            self.assertRaises(TokenValidationError, wrong)

    def test_an_access_token_asynchronously(self):
        token = machine_token()

        def asynchronous(audience):
            return AsyncTokenVerifier(AsyncAsymmetricSignatureVerifier(JWKS_URL), issuer=ISSUER, audience=audience)

        async def verify():
            claims = await asynchronous(ITEMS).verify(token)
            with self.assertRaises(TokenValidationError):
                await asynchronous("https://other.example.test").verify(token)
            return claims

        self.assertEqual(asyncio.run(verify())["iss"], ISSUER)

    def test_core_038_an_id_token_with_nonce_and_max_age(self):
        flow, tokens = web_tokens(max_age="3600")
        claims = verifier(web["client_id"]).verify(tokens["id_token"], nonce=flow["nonce"], max_age=3600)
        self.assertEqual(claims["sid"], verifier(web["client_id"]).verify(tokens["id_token"])["sid"])
        with self.assertRaisesRegex(TokenValidationError, "nonce"):
            verifier(web["client_id"]).verify(tokens["id_token"], nonce="another")

    def test_an_id_token_by_the_secret_of_the_client(self):
        flow, tokens = web_tokens(shared_web)
        by_secret = verifier(shared_web["client_id"], shared_web["client_secret"])
        self.assertEqual(by_secret.verify(tokens["id_token"], nonce=flow["nonce"])["sub"], ada["user_id"])
        with self.assertRaises(TokenValidationError):
            verifier(shared_web["client_id"], "another secret of more than 32 characters").verify(tokens["id_token"])

    def test_core_202_an_access_token_by_the_secret_of_the_api(self):
        claims = verifier(SHARED, SHARED_SECRET).verify(machine_token(SHARED))
        self.assertEqual(claims["aud"], SHARED)
        _, tokens = web_tokens(audience=SHARED)
        self.assertEqual(verifier(SHARED, SHARED_SECRET).verify(tokens["access_token"])["aud"], SHARED)


if __name__ == "__main__":
    unittest.main()
