use countersign_management::delete_user;
use countersign_oauth::Seconds;
use countersign_testkit::{AUDIENCE, USER_ID, block_on};

use crate::support::{SPA, SPA_ID, WEB, on_every_backend, refresh};

const INVALID: (u16, &str, &str) = (403, "invalid_grant", "Unknown or invalid refresh token.");
const SCOPE: &str = "openid profile offline_access read:things write:things";

#[test]
fn core_121_an_unknown_or_foreign_token_is_refused() {
    on_every_backend(|server| {
        server.refuse_token(&[WEB, &refresh("no-such-token")].concat(), &[], INVALID);
        let none = [WEB, &[("grant_type", "refresh_token")]].concat();
        let text = "Missing required parameter: refresh_token";
        server.refuse_token(&none, &[], (400, "invalid_request", text));
        let web = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.refuse_token(&[SPA, &refresh(&web)].concat(), &[&web], INVALID);
        let spa = server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.refuse_token(&[WEB, &refresh(&spa)].concat(), &[&spa], INVALID);
        // Neither is worse for having been shown by another.
        server.refresh(WEB, &web).expect(200);
        server.refresh(SPA, &spa).expect(200);
        let extended = format!("{web}x");
        server.refuse_token(&[WEB, &refresh(&extended)].concat(), &[&web], INVALID);
    });
}

#[test]
fn core_121_an_expired_or_revoked_token_is_refused() {
    on_every_backend(|server| {
        let expired = server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.clock.advance(Seconds(1_296_000));
        server.refuse_token(&[SPA, &refresh(&expired)].concat(), &[&expired], INVALID);
        let revoked = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.post("/oauth/revoke", &[WEB, &[("token", &revoked)]].concat()).expect(200);
        server.refuse_token(&[WEB, &refresh(&revoked)].concat(), &[&revoked], INVALID);
    });
}

#[test]
fn core_122_the_token_of_a_deleted_user_says_so() {
    on_every_backend(|server| {
        let web = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        let spa = server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token");
        block_on(delete_user(&USER_ID.into(), &server.admin())).unwrap();
        let text = "The refresh_token was generated for a user who doesn't exist anymore.";
        server.refuse_token(&[WEB, &refresh(&web)].concat(), &[&web], (403, "invalid_grant", text));
        server.refuse_token(&[SPA, &refresh(&spa)].concat(), &[&spa], (403, "invalid_grant", text));
    });
}

#[test]
fn the_token_of_a_blocked_user_is_dead() {
    on_every_backend(|server| {
        let web = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.change_user(|user| user.blocked = true);
        let answer = server.refresh(WEB, &web).expect(403);
        assert_eq!(answer.text("error"), "invalid_grant");
    });
}

#[test]
fn core_123_a_subset_narrows_only_this_access_token() {
    on_every_backend(|server| {
        for (client, tokens) in
            [(WEB, server.web_tokens(SCOPE, AUDIENCE)), (SPA, server.spa_tokens(SCOPE, AUDIENCE))]
        {
            let mut token = tokens.text("refresh_token");
            for (asked, granted) in [("", SCOPE), ("openid read:things", "openid read:things"), ("", SCOPE)] {
                let answer = server.token(&[client, &refresh(&token), &[("scope", asked)]].concat());
                let answer = answer.expect(200);
                assert_eq!(answer.text("scope"), granted);
                assert_eq!(answer.claims("access_token")["scope"], granted);
                if client == SPA {
                    token = answer.text("refresh_token");
                }
            }
        }
    });
}

#[test]
fn core_124_scopes_beyond_the_grant_are_ignored() {
    on_every_backend(|server| {
        let token = server.web_tokens("openid offline_access read:things", AUDIENCE).text("refresh_token");
        let asked = [("scope", "openid email read:things write:things no:such")];
        let answer = server.token(&[WEB, &refresh(&token), &asked].concat()).expect(200);
        assert_eq!(answer.text("scope"), "openid read:things");
        assert_eq!(answer.claims("access_token")["scope"], "openid read:things");
        assert!(answer.claims("id_token").get("email").is_none());
    });
}

#[test]
fn another_audience_is_ignored() {
    on_every_backend(|server| {
        let token = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        let asked = [("audience", "https://other.example.com/")];
        let answer = server.token(&[WEB, &refresh(&token), &asked].concat()).expect(200);
        assert_eq!(answer.claims("access_token")["aud"][0], AUDIENCE);
    });
}

#[test]
fn core_125_only_a_rotating_exchange_returns_a_refresh_token() {
    on_every_backend(|server| {
        let web = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        for _ in 0..3 {
            let body = server.refresh(WEB, &web).expect(200).json();
            assert!(body.get("refresh_token").is_none());
            assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &86_400.into()));
        }
        let mut token = server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token");
        for _ in 0..3 {
            let next = server.refresh(SPA, &token).expect(200).text("refresh_token");
            assert_ne!(next, token);
            token = next;
        }
    });
}

#[test]
fn core_126_the_id_token_follows_the_original_grant() {
    on_every_backend(|server| {
        let with = server.web_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.clock.advance(Seconds(60));
        let answer = server.refresh(WEB, &with).expect(200);
        let claims = answer.claims("id_token");
        assert_eq!(claims["sub"], USER_ID);
        assert_eq!(claims["iat"], server.now().seconds());
        assert!(claims.get("nonce").is_none());
        let without = server.web_tokens("offline_access read:things", AUDIENCE).text("refresh_token");
        let answer = server.refresh(WEB, &without).expect(200);
        assert!(answer.json().get("id_token").is_none());
        let asked = [("scope", "openid read:things")];
        let answer = server.token(&[WEB, &refresh(&without), &asked].concat()).expect(200);
        assert!(answer.json().get("id_token").is_none());
    });
}

#[test]
fn a_client_that_lost_the_grant_cannot_refresh() {
    on_every_backend(|server| {
        let token = server.spa_tokens(SCOPE, AUDIENCE).text("refresh_token");
        server.change_client(SPA_ID, |client| {
            client.settings.grant_types.retain(|grant| grant.as_str() != "refresh_token");
        });
        let text = "Grant type 'refresh_token' not allowed for the client.";
        server.refuse_token(&[SPA, &refresh(&token)].concat(), &[&token], (403, "unauthorized_client", text));
    });
}
