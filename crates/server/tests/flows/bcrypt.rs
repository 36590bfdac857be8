use std::thread;

use countersign_storage::PasswordHash;
use countersign_testkit::{EMAIL, PASSWORD};

use crate::support::{Harness, WEB_CALLBACK, WEB_ID, authorize_url, on_every_backend};

/// [`PASSWORD`] by libxcrypt.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

fn imported(server: &Harness) {
    server.change_user(|user| user.password = Some(PasswordHash::new(BCRYPT)));
}

fn stored(server: &Harness) -> String {
    server.user().password.unwrap().as_str().to_owned()
}

fn url(server: &Harness) -> String {
    let parameters = [
        ("client_id", WEB_ID),
        ("response_type", "code"),
        ("redirect_uri", WEB_CALLBACK),
        ("scope", "openid offline_access"),
    ];
    authorize_url(&server.https, &parameters)
}

#[test]
fn sp_119_an_imported_bcrypt_hash_becomes_argon2id_at_the_next_login() {
    on_every_backend(|server| {
        let refresh = server.web_tokens("openid offline_access", "").text("refresh_token");
        imported(server);
        let before = server.user();
        server.browser().submit_login(&url(server), EMAIL, "another password").expect(400);
        assert_eq!(stored(server), BCRYPT, "a wrong password changes nothing");
        server.browser().log_in(&url(server), EMAIL, PASSWORD).code();
        let hash = stored(server);
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        let after = server.user();
        assert_eq!((after.epoch, after.version), (before.epoch, before.version));
        assert_eq!(after.password_changed_at, before.password_changed_at);
        // What was issued before lives on, and the password is the same.
        server.refresh(crate::support::WEB, &refresh).expect(200);
        server.browser().log_in(&url(server), EMAIL, PASSWORD).code();
        assert_eq!(stored(server), hash, "once is enough");
    });
}

#[test]
fn sp_119_logins_at_once_all_succeed_and_one_hash_stays() {
    on_every_backend(|server| {
        imported(server);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| server.browser().log_in(&url(server), EMAIL, PASSWORD).code().to_owned());
            }
        });
        assert!(stored(server).starts_with("$argon2id$"));
        server.browser().log_in(&url(server), EMAIL, PASSWORD).code();
    });
}
