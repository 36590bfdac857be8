use countersign_oauth::{Audience, Domain, Issuer, Scope};
use countersign_storage::{ResourceServer, ResourceServerSettings};
use serde_json::{Map, Value, json};

use super::{CustomClaims, RESTRICTED};

fn domain() -> Domain {
    Domain { issuer: Issuer::new("https://login.example.com/") }
}

fn api(identifier: &str) -> ResourceServer {
    ResourceServer {
        id: countersign_oauth::ResourceServerId::new("rs_1"),
        identifier: Audience::new(identifier),
        settings: ResourceServerSettings::default(),
        signing_secret: None,
        version: 0,
        epoch: 0,
    }
}

fn custom_api() -> ResourceServer {
    api("https://api.example.com")
}

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

fn claims(names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), json!("set"))).collect()
}

fn names(claims: &CustomClaims) -> Vec<&str> {
    claims.as_map().keys().map(String::as_str).collect()
}

/// What is left in access and ID token for a custom API.
fn left(names_set: &[&str], granted: &str) -> (Vec<String>, Vec<String>) {
    let (set, granted, api, domain) = (claims(names_set), scope(granted), custom_api(), domain());
    let of = |kept: &CustomClaims| names(kept).into_iter().map(str::to_owned).collect();
    let access = CustomClaims::of_access_token(&set, &granted, Some(&api), &domain);
    let id = CustomClaims::of_id_token(&set, &granted, Some(&api), &domain);
    (of(&access), of(&id))
}

#[test]
fn core_208_claims_of_an_ungranted_scope_are_absent_even_when_set_by_code() {
    let (access, id) = left(&["email", "name", "phone_number", "address"], "openid email");
    assert_eq!(access, ["email"]);
    assert_eq!(id, ["email"]);
    let (access, id) = left(&["email", "name", "phone_number", "address"], "openid profile phone address");
    let mut expected = vec!["name", "phone_number", "address"];
    expected.sort_unstable();
    let sorted = |mut names: Vec<String>| {
        names.sort_unstable();
        names
    };
    assert_eq!(sorted(access), expected);
    assert_eq!(sorted(id), expected);
}

#[test]
fn core_208_a_scope_that_is_the_name_of_one_claim_opens_that_claim() {
    assert_eq!(left(&["nickname", "picture"], "openid nickname").1, ["nickname"]);
}

#[test]
fn core_209_restricted_names_are_dropped_silently_from_both_tokens() {
    let everything = "openid profile email phone address offline_access read:items";
    for name in RESTRICTED {
        let (access, id) = left(&[name, "plan"], everything);
        assert_eq!((access, id), (vec!["plan".to_owned()], vec!["plan".to_owned()]), "{name}");
    }
    assert_eq!(left(&[""], everything), (vec![], vec![]));
}

#[test]
fn core_209_names_under_the_reserved_hosts_are_dropped_however_they_are_spelt() {
    for name in [
        "https://auth0.com/roles",
        "http://auth0.com",
        "https://tenant.auth0.com/x",
        "https://a.b.webtask.io/x",
        "https://webtask.run:443/x",
        "HTTPS://AUTH0.COM/x",
        "https://user@auth0.com/x",
        "https://auth0.com.?x",
        "https://auth0.com#x",
        "https://auth0.com\\x",
        "urn:auth0:x",
        "URN:Auth0:x",
        "urn:auth0",
    ] {
        assert_eq!(left(&[name], "openid"), (vec![], vec![]), "{name}");
    }
}

#[test]
fn core_209_other_namespaces_are_kept() {
    for name in [
        "https://example.com/roles",
        "http://example.com/roles",
        "https://notauth0.com/x",
        "https://auth0.com.example.com/x",
        "https://example.com/auth0.com",
        "urn:example:roles",
        "urn:auth0x:roles",
    ] {
        let kept = vec![name.to_owned()];
        assert_eq!(left(&[name], "openid"), (kept.clone(), kept), "{name}");
    }
}

#[test]
fn core_209_plain_names_are_kept_for_the_tenants_apis_and_dropped_for_the_servers_own() {
    let set = claims(&["plan", "https://example.com/plan", "urn:example:plan"]);
    let domain = domain();
    let url_alone = ["https://example.com/plan"];
    for own in ["https://login.example.com/api/v2/", "https://login.example.com/mfa/"] {
        let api = api(own);
        let access = CustomClaims::of_access_token(&set, &scope("openid"), Some(&api), &domain);
        assert_eq!(names(&access), url_alone, "{own}");
        let id = CustomClaims::of_id_token(&set, &scope("openid"), Some(&api), &domain);
        assert!(names(&id).contains(&"plan"), "{own}");
        assert!(!names(&id).contains(&"urn:example:plan"), "{own}");
    }
    let userinfo_alone = CustomClaims::of_access_token(&set, &scope("openid"), None, &domain);
    assert!(names(&userinfo_alone).contains(&"plan"));
    assert!(!names(&userinfo_alone).contains(&"urn:example:plan"));
}
