use countersign_oauth::Timestamp;
use countersign_storage::Profile;
use countersign_testkit::{EMAIL, NOW, user};
use serde_json::json;

use super::*;

/// A user whose profile has everything, and things that are nobody's business.
fn full() -> User {
    let claims = json!({
        "name": "Jane Doe", "family_name": "Doe", "given_name": "Jane", "middle_name": "M", "nickname": "jane",
        "preferred_username": "jd", "profile": "https://example.com/jane", "picture": "https://example.com/j.png",
        "website": "https://jane.example", "gender": "female", "birthdate": "1990-01-02",
        "zoneinfo": "Europe/Berlin", "locale": "de-DE", "phone_number": "+49301234567",
        "phone_number_verified": true, "address": { "country": "DE" }, "favourite_colour": "blue",
    });
    let Value::Object(claims) = claims else { panic!("an object") };
    let metadata = |name: &str| Map::from_iter([(name.to_owned(), json!("canary"))]);
    let profile = Profile {
        claims,
        user_metadata: metadata("user_canary"),
        app_metadata: metadata("app_canary"),
        attributes: metadata("upstream_canary"),
    };
    User { profile, updated_at: NOW, created_at: Timestamp::from_seconds(1_500_000_000), ..user() }
}

fn scope(entries: &[&str]) -> Scope {
    entries.iter().copied().collect()
}

fn claims(user: &User, entries: &[&str]) -> Value {
    Value::Object(claims_for_scope(user, &scope(entries), ClaimStyle::IsoDates))
}

/// OpenID Connect Core §5.4.
#[test]
fn each_scope_opens_its_claims_and_no_others() {
    let profile = json!({
        "name": "Jane Doe", "family_name": "Doe", "given_name": "Jane", "middle_name": "M", "nickname": "jane",
        "preferred_username": "jd", "profile": "https://example.com/jane", "picture": "https://example.com/j.png",
        "website": "https://jane.example", "gender": "female", "birthdate": "1990-01-02",
        "zoneinfo": "Europe/Berlin", "locale": "de-DE", "updated_at": "2026-01-02T03:04:05.678Z",
    });
    let table = [
        ("openid", json!({})),
        ("offline_access", json!({})),
        ("read:things", json!({})),
        ("profile", profile),
        ("email", json!({ "email": EMAIL, "email_verified": true })),
        ("phone", json!({ "phone_number": "+49301234567", "phone_number_verified": true })),
        ("address", json!({ "address": { "country": "DE" } })),
        ("name", json!({ "name": "Jane Doe" })),
        ("given_name", json!({ "given_name": "Jane" })),
        ("family_name", json!({ "family_name": "Doe" })),
        ("nickname", json!({ "nickname": "jane" })),
        ("picture", json!({ "picture": "https://example.com/j.png" })),
        ("email_verified", json!({ "email_verified": true })),
        ("created_at", json!({ "created_at": "2017-07-14T02:40:00.000Z" })),
    ];
    for (entry, expected) in table {
        assert_eq!(claims(&full(), &[entry]), expected, "{entry}");
    }
    assert_eq!(claims(&full(), &[]), json!({}));
}

#[test]
fn several_scopes_open_the_claims_of_all() {
    let together = claims(&full(), &["openid", "profile", "email", "phone", "address"]);
    let names: Vec<_> = together.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 14 + 2 + 2 + 1, "{names:?}");
}

#[test]
fn only_claims_that_the_profile_has_are_there() {
    let mut bare = user();
    bare.email = None;
    bare.profile.claims = Map::from_iter([
        ("name".to_owned(), json!("Jane Doe")),
        ("picture".to_owned(), Value::Null),
        ("locale".to_owned(), json!("")),
    ]);
    let all = ["openid", "profile", "email", "email_verified", "phone", "address", "picture"];
    let expected = json!({ "name": "Jane Doe", "locale": "", "updated_at": "2026-01-02T03:04:05.678Z" });
    assert_eq!(claims(&bare, &all), expected);
    bare.email = Some(EMAIL.to_owned());
    bare.email_verified = false;
    assert_eq!(claims(&bare, &["email"]), json!({ "email": EMAIL, "email_verified": false }));
}

/// OpenID Connect Core §5.1: `updated_at` is a number; Auth0 writes ISO 8601 with milliseconds.
#[test]
fn updated_at_is_an_iso_string_or_a_number_of_seconds() {
    let written = |style| claims_for_scope(&full(), &scope(&["profile"]), style)["updated_at"].clone();
    assert_eq!(written(ClaimStyle::IsoDates), json!("2026-01-02T03:04:05.678Z"));
    assert_eq!(written(ClaimStyle::NumericDates), json!(1_767_323_045));
}

#[test]
fn metadata_and_unknown_attributes_are_never_included() {
    let mut everything: Vec<String> = full().profile.claims.keys().cloned().collect();
    everything.extend(
        ["openid", "profile", "email", "phone", "address", "created_at", "identities"].map(str::to_owned),
    );
    everything.extend(["user_metadata", "app_metadata", "user_canary", "app_canary"].map(str::to_owned));
    let scope: Scope = everything.into_iter().collect();
    let text = Value::Object(claims_for_scope(&full(), &scope, ClaimStyle::IsoDates)).to_string();
    for hidden in ["canary", "blue", "argon2", "metadata"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[test]
fn sp_067_a_profile_cannot_bring_protected_claims() {
    let protected = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "azp",
        "scope",
        "permissions",
        "org_id",
        "cnf",
        "act",
        "acr",
        "amr",
        "auth_time",
        "nonce",
        "sid",
        "at_hash",
        "c_hash",
        "gty",
        "client_id",
    ];
    let mut forged = full();
    for name in protected {
        forged.profile.claims.insert(name.to_owned(), json!("forged"));
    }
    // What an e-mail address is and when it changed is a column's business, not the profile's.
    for name in ["email", "email_verified", "updated_at", "created_at"] {
        forged.profile.claims.insert(name.to_owned(), json!("forged"));
    }
    let all: Scope = forged.profile.claims.keys().cloned().chain(["phone".to_owned()]).collect();
    for style in [ClaimStyle::IsoDates, ClaimStyle::NumericDates] {
        let claims = claims_for_scope(&forged, &all, style);
        assert!(!claims.values().any(|value| value == "forged"), "{claims:?}");
    }
}

#[test]
fn openids_scopes_are_told_from_an_apis() {
    for entry in
        ["openid", "profile", "email", "phone", "address", "name", "picture", "identities", "created_at"]
    {
        assert!(is_claim_scope(entry), "{entry}");
    }
    for entry in ["offline_access", "read:things", "Profile", "user_metadata", "", "openid "] {
        assert!(!is_claim_scope(entry), "{entry}");
    }
}
