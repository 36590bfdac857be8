//! Every refusal says which rule it is: on the page, in the log, and in development with what was compared.

use countersign_testkit::{AUDIENCE, block_on};

use crate::support::{
    Harness, Request, Tenant, WEB, WEB_CALLBACK, WEB_ID, WEB_SECRET, on_every_backend, on_every_backend_with,
    refresh,
};

const WRONG: &str = "https://app.example.com/elsewhere";

fn development() -> Tenant {
    Tenant { development: true, ..Tenant::default() }
}

/// Event and rule of the log's newest rows, the newest first.
fn log(server: &Harness, rows: u32) -> Vec<(String, String)> {
    let rows = block_on(server.storage.log_events(rows)).unwrap();
    rows.into_iter().map(|row| (row.event, row.rule.unwrap_or_default())).collect()
}

fn row(event: &str, rule: &str) -> (String, String) {
    (event.to_owned(), rule.to_owned())
}

#[test]
fn in_development_an_error_page_shows_the_rule_what_was_compared_and_where_it_is_explained() {
    on_every_backend_with(development, |server| {
        let page = server.browser().get(&server.ask(&[("redirect_uri", WRONG)])).expect_page(403);
        let rule = "authorize.redirect_uri_mismatch";
        assert!(page.body.contains(&format!("data-rule=\"{rule}\"")), "{page:?}");
        for shown in [WRONG, WEB_CALLBACK, "docs/reference/errors.md#authorize.redirect_uri_mismatch"] {
            assert!(page.body.contains(shown), "{shown}: {page:?}");
        }
        assert_eq!(page.header("countersign-rule"), Some(rule));
        let linked = page.body.matches("href=").count();
        assert_eq!(linked, page.body.matches("href=\"/assets/").count(), "nothing external is linked");
    });
}

#[test]
fn in_production_an_error_page_shows_the_rule_alone() {
    on_every_backend(|server| {
        let page = server.browser().get(&server.ask(&[("redirect_uri", WRONG)])).expect_page(403);
        assert!(page.body.contains("data-rule=\"authorize.redirect_uri_mismatch\""), "{page:?}");
        for hidden in [WRONG, WEB_CALLBACK, "errors.md"] {
            assert!(!page.body.contains(hidden), "{hidden}: {page:?}");
        }
        assert_eq!(page.header("countersign-rule"), None);
        let refused = server.token(&[WEB, &refresh("no-such-token")].concat()).expect(403);
        assert_eq!(refused.header("countersign-rule"), None);
    });
}

#[test]
fn in_development_a_refusal_as_json_names_its_rule_in_a_header_and_its_body_stays_as_it_is() {
    on_every_backend_with(development, |server| {
        let text = "Unknown or invalid refresh token.";
        let refused = server.token(&[WEB, &refresh("no-such-token")].concat());
        let refused = refused.expect_error(403, "invalid_grant", text);
        assert_eq!(refused.header("countersign-rule"), Some("refresh.unknown"));

        let pairs = [("client_id", WEB_ID), ("client_secret", "wrong"), ("grant_type", "client_credentials")];
        let refused = server.token(&pairs).expect_error(401, "access_denied", "Unauthorized");
        assert_eq!(refused.header("countersign-rule"), Some("client_auth.wrong_secret"));
        assert!(!format!("{refused:?}").contains(WEB_SECRET));

        let refused = server.userinfo("no-such-token").expect(401);
        assert_eq!(refused.header("countersign-rule"), Some("userinfo.unknown_token"));
        let passed = server.machine_token(AUDIENCE);
        assert_eq!(passed.header("countersign-rule"), None, "what is not refused breaks no rule");

        // An error that goes back to the client has its rule, too.
        let back = server.browser().get(&server.ask(&[("prompt", "none")]));
        assert_eq!(back.header("countersign-rule"), Some("authorize.login_required"));
    });
}

#[test]
fn a_refusal_that_ends_something_is_one_row_of_the_log() {
    on_every_backend(|server| {
        let code = server.web_code("openid offline_access", AUDIENCE);
        let tokens = server.web_exchange(&code).expect(200);
        let before = log(server, 100).len();
        server.web_exchange(&code).expect(403);
        assert_eq!(log(server, 100).len(), before + 1);
        assert_eq!(log(server, 1), [row("feacft", "code.replayed")]);
        assert!(server.is_over(&tokens.text("refresh_token")).1);

        let first = server.spa_tokens("openid offline_access", AUDIENCE).text("refresh_token");
        let spa = [("client_id", crate::support::SPA_ID)];
        server.refresh(&spa, &first).expect(200);
        server.clock.advance(countersign_oauth::Seconds(3_600));
        let before = log(server, 100).len();
        server.refresh(&spa, &first).expect(403);
        assert_eq!(log(server, 100).len(), before + 1);
        assert_eq!(log(server, 1), [row("ferrt", "refresh.reused")]);
        server.refresh(&spa, "no-such-token").expect(403);
        assert_eq!(log(server, 1), [row("fertft", "refresh.unknown")]);
    });
}
