//! The crate `oauth2`.

use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, RevocationUrl, Scope,
    StandardErrorResponse, TokenResponse, TokenUrl,
};

use crate::server::{Client, ITEMS, Server};
use crate::visitor::{Visitor, code_of};

type Configured = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointSet>;

fn configured(server: &Server, client: &Client) -> Configured {
    let at = |path: &str| format!("{}{path}", server.issuer());
    let made = BasicClient::new(ClientId::new(client.id.clone()))
        .set_auth_uri(AuthUrl::new(at("authorize")).unwrap())
        .set_token_uri(TokenUrl::new(at("oauth/token")).unwrap())
        .set_revocation_url(RevocationUrl::new(at("oauth/revoke")).unwrap());
    match &client.secret {
        Some(secret) => made.set_client_secret(ClientSecret::new(secret.clone())),
        None => made,
    }
}

type Refusal = RequestTokenError<ureq::Error, StandardErrorResponse<BasicErrorResponseType>>;

/// The code and the description of a refusal.
fn said(refusal: Refusal) -> (String, String) {
    let RequestTokenError::ServerResponse(response) = refusal else { panic!("{refusal:?}") };
    (response.error().to_string(), response.error_description().cloned().unwrap_or_default())
}

fn is(code: &str, description: &str) -> (String, String) {
    (code.to_owned(), description.to_owned())
}

#[test]
fn core_097_112_client_credentials_by_both_ways_of_authentication() {
    let server = Server::find();
    for way in [AuthType::BasicAuth, AuthType::RequestBody] {
        let client = configured(&server, &server.client("Machine")).set_auth_type(way);
        let request = client.exchange_client_credentials().add_extra_param("audience", ITEMS);
        let tokens = request.request(&server.http()).unwrap();
        assert_eq!(tokens.scopes().unwrap(), &[Scope::new("read:items".to_owned())]);
        assert!(tokens.refresh_token().is_none());
        assert_eq!(tokens.expires_in().unwrap().as_secs(), 86_400);
    }
}

#[test]
fn core_096_114_refusals_reach_the_application() {
    let server = Server::find();
    let machine = server.client("Machine");
    let ask = |client: &Client, audience: &str| {
        let client = configured(&server, client);
        let request = client.exchange_client_credentials().add_extra_param("audience", audience);
        said(request.request(&server.http()).unwrap_err())
    };
    let text = "Service not enabled within domain: https://nobody.example.test";
    assert_eq!(ask(&machine, "https://nobody.example.test"), is("access_denied", text));
    let wrong = Client { secret: Some("wrong".to_owned()), ..machine };
    assert_eq!(ask(&wrong, ITEMS), is("access_denied", "Unauthorized"));
}

#[test]
fn core_102_106_108_125_225_226_a_public_client_with_pkce_refresh_and_revocation() {
    let server = Server::find();
    let native = server.client("Native App");
    let client =
        configured(&server, &native).set_redirect_uri(RedirectUrl::new(native.callback.clone()).unwrap());
    let mut visitor = Visitor::new(&server);
    let mut authorize = || {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = client
            .authorize_url(CsrfToken::new_random)
            .add_scope(Scope::new("read:items".to_owned()))
            .add_scope(Scope::new("offline_access".to_owned()))
            .add_extra_param("audience", ITEMS)
            .set_pkce_challenge(challenge)
            .url();
        let code = code_of(&visitor.sign_in(&url, &server.user()), state.secret());
        (AuthorizationCode::new(code), verifier)
    };

    let (code, _) = authorize();
    let (_, other_verifier) = authorize();
    let refused = client.exchange_code(code).set_pkce_verifier(other_verifier).request(&server.http());
    assert_eq!(said(refused.unwrap_err()), is("invalid_grant", "Failed to verify code verifier"));

    let (code, verifier) = authorize();
    let again = PkceCodeVerifier::new(verifier.secret().clone());
    let first =
        client.exchange_code(code.clone()).set_pkce_verifier(verifier).request(&server.http()).unwrap();
    let token = first.refresh_token().unwrap();
    let second = client.exchange_refresh_token(token).request(&server.http()).unwrap();
    let rotated = second.refresh_token().unwrap();
    assert_ne!(rotated.secret(), token.secret());

    client.revoke_token(rotated.into()).unwrap().request(&server.http()).unwrap();
    client.revoke_token(rotated.into()).unwrap().request(&server.http()).unwrap();
    let refused = client.exchange_refresh_token(rotated).request(&server.http());
    assert_eq!(said(refused.unwrap_err()), is("invalid_grant", "Unknown or invalid refresh token."));
    let refused = client.exchange_code(code).set_pkce_verifier(again).request(&server.http());
    assert_eq!(said(refused.unwrap_err()), is("invalid_grant", "Invalid authorization code"));
}
