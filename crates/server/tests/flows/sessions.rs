use countersign_oauth::Seconds;
use countersign_storage::{CookieMode, Session};
use countersign_testkit::{EMAIL, PASSWORD, USER_ID, block_on};

use crate::support::{
    Browser, Harness, Response, SPA_ID, STATE, Tenant, VERIFIER, WEB_CALLBACK, on_every_backend,
    on_every_backend_with, s256,
};

const HOUR: Seconds = Seconds(3_600);

fn sessions(server: &Harness) -> Vec<Session> {
    block_on(server.storage.sessions_of_user(&USER_ID.into())).unwrap()
}

fn silently(server: &Harness, browser: &mut Browser) -> Response {
    browser.get(&server.ask(&[("prompt", "none")])).expect(302)
}

fn is_alive(server: &Harness, browser: &mut Browser) {
    silently(server, browser).expect_callback(WEB_CALLBACK).code();
}

fn is_over(server: &Harness, browser: &mut Browser) {
    let answer = silently(server, browser);
    answer.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", STATE);
    browser.get(&server.ask(&[])).expect_login_page();
}

/// The cookies that a login sets: name, and attributes in lower case.
fn cookies_of_a_login(server: &Harness) -> Vec<(String, String, Vec<String>)> {
    let answer = server.browser().submit_login(&server.ask(&[]), EMAIL, PASSWORD).expect(303);
    let lines = answer.all("set-cookie").into_iter().map(|line| {
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let attributes = attributes.split(';').map(|part| part.trim().to_ascii_lowercase()).collect();
        (name.to_owned(), value.to_owned(), attributes)
    });
    lines.filter(|(name, _, _)| name.starts_with("auth0")).collect()
}

#[test]
fn core_212_sid_is_the_sessions_id_and_the_same_across_applications() {
    on_every_backend(|server| {
        let mut browser = server.browser();
        let first = browser.log_in(&server.ask(&[]), EMAIL, PASSWORD);
        let sid = server.redeem(first.code()).expect(200).claims("id_token")["sid"].clone();
        let [session] = &sessions(server)[..] else { panic!("one session") };
        assert_eq!(sid, session.id.as_str());
        let challenge = s256(VERIFIER);
        let spa = server.ask(&[
            ("client_id", SPA_ID),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let second = browser.get(&spa).expect(302).expect_callback(WEB_CALLBACK);
        assert_eq!(server.spa_exchange(second.code()).expect(200).claims("id_token")["sid"], sid);
        let clients = block_on(server.storage.session_clients(&session.id)).unwrap();
        assert_eq!(clients.len(), 2);
        // Another browser's login is another session.
        let other = server.log_in(&crate::support::ask(&[]));
        assert_ne!(server.redeem(other.code()).expect(200).claims("id_token")["sid"], sid);
    });
}

#[test]
fn core_270_both_session_cookies_are_set_together() {
    on_every_backend(|server| {
        let cookies = cookies_of_a_login(server);
        let [(first, value, attributes), (second, compat_value, compat)] = &cookies[..] else {
            panic!("{cookies:?}")
        };
        assert_eq!((first.as_str(), second.as_str()), ("auth0", "auth0_compat"));
        assert_eq!(value, compat_value);
        for attribute in ["httponly", "secure", "path=/", "samesite=none"] {
            assert!(attributes.iter().any(|known| known == attribute), "{attributes:?}");
        }
        for attribute in ["httponly", "secure", "path=/"] {
            assert!(compat.iter().any(|known| known == attribute), "{compat:?}");
        }
        assert!(!compat.iter().any(|known| known.starts_with("samesite")), "{compat:?}");
        for attribute in attributes.iter().chain(compat) {
            assert!(!attribute.starts_with("domain"), "host-only: {attribute}");
        }
        // The cookie is not the sid, and the store has its hash alone.
        let stored = format!("{:?}", sessions(server));
        assert!(!stored.contains(value.as_str()), "{stored}");
    });
}

#[test]
fn core_271_the_compat_cookie_alone_still_authenticates() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        browser.cookies.remove("auth0").unwrap();
        is_alive(server, &mut browser);
        let mut browser = server.signed_in();
        browser.cookies.remove("auth0_compat").unwrap();
        is_alive(server, &mut browser);
        browser.cookies.remove("auth0");
        is_over(server, &mut browser);
    });
}

#[test]
fn core_272_idle_and_absolute_limits_end_the_session_and_activity_moves_the_idle_one_alone() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        server.clock.advance(Seconds(72 * HOUR.0));
        is_over(server, &mut browser);

        let mut browser = server.signed_in();
        let end = sessions(server).last().unwrap().expires_at;
        assert_eq!(end, server.now().plus(Seconds(168 * HOUR.0)));
        for _ in 0..2 {
            server.clock.advance(Seconds(71 * HOUR.0));
            is_alive(server, &mut browser);
            assert_eq!(sessions(server).last().unwrap().expires_at, end);
        }
        server.clock.set(end.plus(Seconds(-1)));
        is_alive(server, &mut browser);
        server.clock.set(end);
        is_over(server, &mut browser);
    });
}

#[test]
fn the_token_endpoint_and_userinfo_are_no_activity_of_the_session() {
    on_every_backend(|server| {
        let tokens = server.web_tokens("openid offline_access", countersign_testkit::AUDIENCE);
        let before = sessions(server);
        server.clock.advance(HOUR);
        server.refresh(crate::support::WEB, &tokens.text("refresh_token")).expect(200);
        server.userinfo(&tokens.text("access_token")).expect(200);
        assert_eq!(sessions(server), before);
    });
}

#[test]
fn core_273_lowered_limits_count_at_once_and_raised_ones_for_new_sessions_alone() {
    on_every_backend(|server| {
        let mut browser = server.signed_in();
        server.change_settings(|settings| settings.idle_session_lifetime = 1.0);
        is_alive(server, &mut browser);
        server.clock.advance(HOUR);
        is_over(server, &mut browser);

        let mut browser = server.signed_in();
        server.change_settings(|settings| settings.session_lifetime = 0.5);
        server.clock.advance(Seconds(HOUR.0 / 2));
        is_over(server, &mut browser);

        server.change_settings(|settings| {
            settings.session_lifetime = 2.0;
            settings.idle_session_lifetime = 1.0;
        });
        let mut old = server.signed_in();
        server.change_settings(|settings| {
            settings.session_lifetime = 168.0;
            settings.idle_session_lifetime = 72.0;
        });
        let mut new = server.signed_in();
        server.clock.advance(HOUR);
        is_over(server, &mut old);
        is_alive(server, &mut new);
        server.clock.advance(HOUR);
        is_alive(server, &mut new);
    });
}

#[test]
fn core_274_non_persistent_cookies_have_no_end_and_persistent_ones_have() {
    let with = |mode: Option<CookieMode>| {
        move || {
            let mut tenant = Tenant::default();
            tenant.settings.session_cookie = mode;
            tenant
        }
    };
    let ends = |attribute: &String| attribute.starts_with("expires=") || attribute.starts_with("max-age=");
    on_every_backend_with(with(Some(CookieMode::NonPersistent)), |server| {
        let cookies = cookies_of_a_login(server);
        assert_eq!(cookies.len(), 2);
        for (name, _, attributes) in cookies {
            assert!(!attributes.iter().any(ends), "{name}: {attributes:?}");
        }
    });
    for mode in [None, Some(CookieMode::Persistent)] {
        on_every_backend_with(with(mode), |server| {
            for (name, _, attributes) in cookies_of_a_login(server) {
                assert!(attributes.iter().any(ends), "{name}: {attributes:?}");
            }
        });
    }
}
