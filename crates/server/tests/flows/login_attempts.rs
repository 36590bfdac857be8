use countersign_oauth::{Seconds, UserId};
use countersign_storage::User;
use countersign_testkit::{EMAIL, PASSWORD, USER_ID, block_on, user};
use countersign_users::release_account;

use crate::support::{
    Browser, Form, Harness, Response, STATE, Tenant, WEB_CALLBACK, on_every_backend, on_every_backend_with,
};

/// As many failures as the harness lets an account have from one address.
const LIMIT: usize = 10;

fn attempt(server: &Harness, email: &str, password: &str) -> Response {
    server.browser().submit_login(&server.ask(&[]), email, password)
}

/// The login page again, which names the problem and keeps what was typed.
fn expect_wrong(page: Response, email: &str) -> Response {
    let page = page.expect_page(400);
    assert_eq!(page.marked("role=\"alert\">", "</p>"), "Wrong email or password");
    assert_eq!(page.marked("name=\"username\" type=\"text\" value=\"", "\""), email);
    assert!(Form::find(&page.body).is_some_and(|form| form.fields == ["username", "password"]));
    page
}

fn expect_held_back(page: Response) -> Response {
    let page = page.expect_page(429);
    let seconds = page.header("retry-after").unwrap().parse::<u32>().unwrap();
    assert!(seconds > 0);
    let told = |name: &str| page.header(name).unwrap().parse::<i64>().unwrap();
    assert_eq!((told("x-ratelimit-limit"), told("x-ratelimit-remaining")), (10, 0));
    assert!(told("x-ratelimit-reset") > 1_700_000_000, "seconds since the epoch");
    assert!(page.marked("role=\"alert\">", "</p>").starts_with("Too many attempts."), "{page:?}");
    page
}

fn fail(server: &Harness, times: usize) {
    for _ in 0..times {
        expect_wrong(attempt(server, EMAIL, "wrong"), EMAIL);
    }
}

/// Users of every kind that must not be told apart, their addresses of one length.
fn tenant() -> Tenant {
    let mut tenant = Tenant::default();
    let other = |number: u8, email: &str| {
        let mut user = user();
        user.id = UserId::new(format!("auth0|64f0c2d9000000000000000{number}"));
        user.email = Some(email.to_owned());
        for identity in &mut user.identities {
            identity.provider_user_id = format!("64f0c2d9000000000000000{number}");
        }
        user
    };
    let blocked = User { blocked: true, ..other(2, "bloc@example.com") };
    let unverified = User { email_verified: false, ..other(3, "unve@example.com") };
    let without_password = User { password: None, ..other(4, "nopw@example.com") };
    tenant.users.extend([blocked, unverified, without_password]);
    tenant
}

#[test]
fn sp_109_a_wrong_password_answers_the_same_bytes_whoever_is_asked_for() {
    on_every_backend_with(tenant, |server| {
        let mut answers = Vec::new();
        for email in [
            "jane@example.com",
            "none@example.com",
            "bloc@example.com",
            "unve@example.com",
            "nopw@example.com",
        ] {
            let page = server.in_vain(|| attempt(server, email, "wrong"));
            let page = expect_wrong(page, email);
            let transaction = Form::find(&page.body).unwrap().hidden["transaction"].clone();
            let body = page.body.replace(&transaction, "").replace(email, "");
            let random = |name: &str| matches!(name, "date" | "x-request-id");
            let headers: Vec<_> = page.headers.into_iter().filter(|(name, _)| !random(name)).collect();
            answers.push((page.status, headers, body, transaction.len()));
        }
        for answer in &answers {
            assert_eq!(answer, &answers[0]);
        }
    });
}

#[test]
fn sp_109_an_account_that_is_held_back_answers_the_same_bytes_whoever_it_is() {
    on_every_backend_with(tenant, |server| {
        let mut answers = Vec::new();
        for email in ["jane@example.com", "none@example.com", "bloc@example.com"] {
            for _ in 0..LIMIT {
                expect_wrong(attempt(server, email, "wrong"), email);
            }
            let page = expect_held_back(attempt(server, email, PASSWORD));
            let transaction = Form::find(&page.body).unwrap().hidden["transaction"].clone();
            answers.push(page.body.replace(&transaction, "").replace(email, ""));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
    });
}

#[test]
fn sp_114_an_account_is_held_back_after_ten_failures_even_with_the_right_password() {
    on_every_backend(|server| {
        fail(server, LIMIT);
        for password in ["wrong", PASSWORD] {
            let page = server.in_vain(|| attempt(server, EMAIL, password));
            expect_held_back(page);
        }
        // The same account by another spelling.
        expect_held_back(attempt(server, " JANE@Example.com ", PASSWORD));
        // Others are not held back with it, and a session goes on.
        expect_wrong(attempt(server, "other@example.com", "wrong"), "other@example.com");
    });
}

#[test]
fn an_account_is_let_go_by_time_and_by_the_operator() {
    on_every_backend(|server| {
        fail(server, LIMIT);
        expect_held_back(attempt(server, EMAIL, PASSWORD));
        server.clock.advance(Seconds(24 * 3_600));
        attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();

        fail(server, LIMIT);
        expect_held_back(attempt(server, EMAIL, PASSWORD));
        block_on(release_account(&USER_ID.into(), &*server.storage, server.now())).unwrap();
        attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
    });
}

#[test]
fn a_success_forgets_the_failures_before_it() {
    on_every_backend(|server| {
        for _ in 0..2 {
            fail(server, LIMIT - 1);
            attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
        }
    });
}

#[test]
fn an_incomplete_form_is_asked_for_again_and_counts_nothing() {
    on_every_backend(|server| {
        for _ in 0..=LIMIT {
            for (email, password) in [(EMAIL, ""), ("", PASSWORD), ("", "")] {
                let page = attempt(server, email, password).expect_page(400);
                assert!(page.marked("role=\"alert\">", "</p>").starts_with("Please enter both"), "{page:?}");
            }
        }
        attempt(server, EMAIL, PASSWORD).expect_callback(WEB_CALLBACK).code();
    });
}

#[test]
fn a_blocked_user_is_refused_after_the_right_password_alone() {
    on_every_backend(|server| {
        let url = server.ask(&[]);
        let mut browser = server.browser();
        let page = browser.get(&url).expect_login_page();
        server.change_user(|user| user.blocked = true);
        let sessions = server.sessions();
        let answer = browser.submit_password(&url, &page, EMAIL, PASSWORD);
        answer.expect_callback_error(WEB_CALLBACK, "unauthorized", "user is blocked", STATE);
        assert_eq!(server.sessions(), sessions);
        assert!(!browser.cookies.contains_key("auth0"));
    });
}

#[test]
fn a_user_who_is_blocked_after_the_login_has_no_session_and_no_code_any_more() {
    on_every_backend(|server| {
        let mut browser: Browser = server.browser();
        let callback = browser.log_in(&server.ask(&[]), EMAIL, PASSWORD);
        server.change_user(|user| user.blocked = true);
        let silent = browser.get(&server.ask(&[("prompt", "none")]));
        silent.expect_callback_error(WEB_CALLBACK, "login_required", "Login required", STATE);
        browser.get(&server.ask(&[])).expect_login_page();
        let refused = server.in_vain(|| server.redeem(callback.code())).expect(403);
        assert!(refused.json().get("access_token").is_none(), "{refused:?}");
    });
}
