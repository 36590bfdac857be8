use crate::support::{Request, WEB_CALLBACK, WEB_ID, WEB_SECRET, on_every_backend};

#[test]
fn core_102_sp_024_a_code_that_was_redeemed_is_refused_and_ends_what_it_gave() {
    on_every_backend(|server| {
        let callback = server.log_in(&[
            ("client_id", WEB_ID),
            ("response_type", "code"),
            ("redirect_uri", WEB_CALLBACK),
            ("scope", "openid"),
        ]);
        let exchange = || {
            server.token(&[
                ("grant_type", "authorization_code"),
                ("client_id", WEB_ID),
                ("client_secret", WEB_SECRET),
                ("code", callback.code()),
                ("redirect_uri", WEB_CALLBACK),
            ])
        };
        let first = exchange().expect(200);
        exchange().expect_error(403, "invalid_grant", "Invalid authorization code");
        let bearer = format!("Bearer {}", first.text("access_token"));
        server.send(&Request::get(server.url("/userinfo")).header("authorization", &bearer)).expect(401);
    });
}
