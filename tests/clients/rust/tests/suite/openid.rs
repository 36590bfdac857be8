//! The crate `openidconnect`: what its documentation shows, with every check on.

use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::url::Url;
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadataWithLogout,
    RedirectUrl, Scope, TokenResponse,
};

use crate::server::{Client, ITEMS, Server};
use crate::visitor::{Visitor, code_of};

pub type Configured = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An application that has discovered the server.
pub struct App {
    pub server: Server,
    pub metadata: ProviderMetadataWithLogout,
    pub client: Configured,
}

/// A login that went out.
struct Request {
    url: Url,
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

impl App {
    pub fn discovered(name: &str) -> Self {
        let server = Server::find();
        let metadata =
            ProviderMetadataWithLogout::discover(&IssuerUrl::new(server.issuer()).unwrap(), &server.http())
                .unwrap();
        let Client { id, secret, callback } = server.client(name);
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(id),
            secret.map(ClientSecret::new),
        )
        .set_redirect_uri(RedirectUrl::new(callback).unwrap());
        Self { server, metadata, client }
    }

    fn request(&self, prompt: Option<CoreAuthPrompt>) -> Request {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = self.client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        for scope in ["profile", "email", "offline_access", "read:items"] {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        if let Some(prompt) = prompt {
            request = request.add_prompt(prompt);
        }
        let (url, state, nonce) =
            request.add_extra_param("audience", ITEMS).set_pkce_challenge(challenge).url();
        Request { url, state, nonce, verifier }
    }

    /// A login as any other.
    pub fn login_url(&self) -> Url {
        self.request(None).url
    }

    /// Signs the user in; returns the tokens and the nonce that the ID token must carry.
    pub fn sign_in(&self, visitor: &mut Visitor) -> (CoreTokenResponse, Nonce) {
        let Request { url, state, nonce, verifier } = self.request(None);
        let code = code_of(&visitor.sign_in(&url, &self.server.user()), state.secret());
        let exchange = self.client.exchange_code(AuthorizationCode::new(code)).unwrap();
        (exchange.set_pkce_verifier(verifier).request(&self.server.http()).unwrap(), nonce)
    }
}

#[test]
fn core_003_025_037_038_097_232_login_with_discovery_pkce_nonce_and_userinfo() {
    let app = App::discovered("Regular Web App");
    let user = app.server.user();
    let (tokens, nonce) = app.sign_in(&mut Visitor::new(&app.server));
    let id_token: &CoreIdToken = tokens.id_token().unwrap();
    let claims = id_token.claims(&app.client.id_token_verifier(), &nonce).unwrap();
    assert_eq!(claims.subject().as_str(), user.id);
    assert_eq!(claims.issuer().as_str(), app.server.issuer());
    assert!(id_token.claims(&app.client.id_token_verifier(), &Nonce::new_random()).is_err());

    let request =
        app.client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap();
    let profile: CoreUserInfoClaims = request.request(&app.server.http()).unwrap();
    assert_eq!(profile.email().unwrap().as_str(), user.email);
    assert_eq!(profile.email_verified(), Some(true));
    assert_eq!(profile.given_name().unwrap().get(None).unwrap().as_str(), "Ada");
}

#[test]
fn core_123_126_a_refresh_brings_an_id_token_of_the_same_user() {
    let app = App::discovered("Regular Web App");
    let (tokens, _) = app.sign_in(&mut Visitor::new(&app.server));
    let request = app.client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap();
    let renewed = request.request(&app.server.http()).unwrap();
    let any_nonce = |_: Option<&Nonce>| Ok(());
    let claims = renewed.id_token().unwrap().claims(&app.client.id_token_verifier(), any_nonce).unwrap();
    assert_eq!(claims.subject().as_str(), app.server.user().id);
    let sorted = |tokens: &CoreTokenResponse| {
        let mut words: Vec<_> = tokens.scopes().unwrap().iter().map(|scope| scope.to_string()).collect();
        words.sort();
        words
    };
    assert_eq!(sorted(&renewed), sorted(&tokens));
}

#[test]
fn core_039_a_silent_login_needs_a_session() {
    let app = App::discovered("Regular Web App");
    let mut visitor = Visitor::new(&app.server);
    let answer = |visitor: &mut Visitor| {
        visitor.sign_in(&app.request(Some(CoreAuthPrompt::None)).url, &app.server.user())
    };
    assert!(
        answer(&mut visitor).query_pairs().any(|(key, value)| key == "error" && value == "login_required")
    );
    app.sign_in(&mut visitor);
    assert!(answer(&mut visitor).query_pairs().any(|(key, _)| key == "code"));
}
