//! Logout by `openidconnect` (OpenID Connect RP-Initiated Logout 1.0), from what discovery says.

use openidconnect::{CsrfToken, LogoutRequest, PostLogoutRedirectUrl, TokenResponse};

use crate::openid::App;
use crate::visitor::{Step, Visitor};

#[test]
fn core_260_logout_by_the_id_token_asks_nothing_and_ends_the_session() {
    let app = App::discovered("Regular Web App");
    let mut visitor = Visitor::new(&app.server);
    let (tokens, _) = app.sign_in(&mut visitor);
    let endpoint = app.metadata.additional_metadata().end_session_endpoint.clone().unwrap();
    let state = CsrfToken::new_random();
    let url = LogoutRequest::from(endpoint)
        .set_id_token_hint(tokens.id_token().unwrap())
        .set_post_logout_redirect_uri(
            PostLogoutRedirectUrl::new("https://web.example.test/".to_owned()).unwrap(),
        )
        .set_state(state.clone())
        .http_get_url();
    let Step::Left(target) = visitor.open(&url) else { panic!("a page instead of a redirect") };
    assert_eq!(target.as_str(), format!("https://web.example.test/?state={}", state.secret()));

    let login = app.login_url();
    let Step::Page(_, html) = visitor.open(&login) else { panic!("the session is alive") };
    assert!(html.contains("name=\"password\""));
}
