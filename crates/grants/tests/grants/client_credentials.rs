//! The client credentials grant (RFC 6749 §4.4).

use countersign_jose::{Algorithm, Compact};
use countersign_oauth::{Compliance, ErrorCode, Scope, Seconds};
use countersign_storage::*;
use countersign_testkit::{AUDIENCE, CLIENT_ID, NOW, TestSealer, block_on, client_grant};
use serde_json::json;

use crate::flow::{required, world};
use crate::world::{Call, World, changed, claims, granted, put, scope};

const USERINFO: &str = "https://login.example.com/userinfo";

fn call() -> Call {
    Call::new(&[("grant_type", "client_credentials"), ("audience", AUDIENCE)])
}

fn edit_grant(world: &World, edit: impl FnOnce(&mut ClientGrant)) {
    let found =
        block_on(world.storage.client_grant(&CLIENT_ID.into(), &AUDIENCE.into(), SubjectType::Client));
    let mut grant = found.unwrap().unwrap();
    edit(&mut grant);
    world.put(Change::UpsertClientGrant(changed(grant.version, grant)));
}

#[test]
fn core_112_no_refresh_token_and_no_id_token_even_if_asked_for() {
    let world = world();
    let response = world.issues(&call().with("scope", "openid offline_access read:things")).response;
    assert_eq!((&response.refresh_token, &response.id_token), (&None, &None));
    assert_eq!(granted(&response), "read:things");
    assert!(world.families().is_empty());
}

#[test]
fn core_112_even_a_client_grant_cannot_give_openid_scopes() {
    let world = world();
    edit_grant(&world, |grant| grant.scope = scope("openid offline_access read:things"));
    let response = world.issues(&call()).response;
    assert_eq!((&response.refresh_token, &response.id_token), (&None, &None));
    assert_eq!(granted(&response), "read:things");
    assert_eq!(claims(&response.access_token)["aud"], AUDIENCE);
}

#[test]
fn core_113_the_token_speaks_for_the_client_itself() {
    let world = world();
    let access = claims(&world.issues(&call()).response.access_token);
    assert_eq!(access["sub"], "test-client@clients");
    assert_eq!(access["gty"], "client-credentials");
    assert_eq!(access["azp"], CLIENT_ID);
    assert_eq!(access["aud"], AUDIENCE, "one text, no list");
    assert_eq!(access["scope"], "read:things");
}

#[test]
fn core_100_core_205_expires_in_is_the_apis_lifetime() {
    let world = world();
    assert_eq!(world.issues(&call()).response.expires_in, Seconds(86_400));
    world.edit_api(|api| api.settings.token_lifetime = Seconds(60));
    assert_eq!(world.issues(&call()).response.expires_in, Seconds(60));
}

#[test]
fn core_114_an_unknown_audience_is_refused_and_named() {
    let world = world();
    for unknown in ["https://api.example.com", "https://API.example.com/", "https://evil.example.com/"] {
        let error = world.refuses(&call().with("audience", unknown), "client_credentials.unknown_audience");
        assert_eq!(error.code, ErrorCode::AccessDenied);
        assert_eq!(error.value("audience"), Some(unknown));
    }
}

#[test]
fn core_115_sp_097_without_a_client_grant_nothing_is_issued() {
    let world = world();
    world.put(Change::DeleteClientGrant { id: "cgr_test".into() });
    let error = world.refuses(&call(), "gate.client_grant_missing");
    assert_eq!((&error.code, error.value("audience")), (&ErrorCode::AccessDenied, Some(AUDIENCE)));
    // A grant for users is none for the client itself.
    world.put(Change::UpsertClientGrant(crate::world::new(countersign_testkit::user_client_grant())));
    world.refuses(&call(), "gate.client_grant_missing");
    world.put(Change::UpsertClientGrant(crate::world::new(client_grant())));
    world.issues(&call());
}

#[test]
fn sp_097_an_api_that_gives_clients_nothing_refuses_despite_a_grant() {
    let world = world();
    world.edit_api(|api| api.settings.subject_type_authorization.client = ClientPolicy::DenyAll);
    world.refuses(&call(), "gate.client_access_denied");
}

#[test]
fn core_116_without_scope_all_scopes_of_the_client_grant_come() {
    let world = world();
    edit_grant(&world, |grant| grant.scope = scope("write:things read:things"));
    assert_eq!(granted(&world.issues(&call()).response), "write:things read:things");
    edit_grant(&world, |grant| grant.scope = Scope::empty());
    let response = world.issues(&call()).response;
    assert_eq!(granted(&response), "-");
    assert_eq!(claims(&response.access_token).get("scope"), None);
    edit_grant(&world, |grant| grant.allow_all_scopes = true);
    assert_eq!(granted(&world.issues(&call()).response), "read:things write:things");
}

#[test]
fn core_117_sp_016_scopes_outside_the_grant_are_not_issued() {
    for compliance in [Compliance::Auth0, Compliance::Rfc] {
        let world = world();
        world.edit_client(|client| client.settings.compliance = Some(compliance));
        let scopes = |asked: &str| granted(&world.issues(&call().with("scope", asked)).response);
        assert_eq!(scopes("read:things write:things admin"), "read:things");
        assert_eq!(scopes("write:things"), "-");
    }
}

#[test]
fn core_117_a_granted_scope_that_the_api_lost_is_not_issued() {
    let world = world();
    world.edit_api(|api| api.settings.scopes.retain(|scope| scope.value == "write:things"));
    assert_eq!(granted(&world.issues(&call()).response), "-");
}

#[test]
fn malformed_scopes_are_refused() {
    let world = world();
    let error = world.refuses(&call().with("scope", "a\\b"), "scope.illegal_character");
    assert_eq!(error.code, ErrorCode::InvalidScope);
    world.refuses(&call().with("scope", &"x ".repeat(2049)), "scope.too_long");
}

#[test]
fn core_118_a_public_client_is_refused_whatever_its_grants_say() {
    let world = world();
    world.edit_client(|client| {
        client.secret = None;
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
    });
    let error = world.refuses(&call().without("client_secret"), "gate.grant_not_allowed");
    assert_eq!(error.code, ErrorCode::UnauthorizedClient);
}

#[test]
fn sp_097_a_client_without_the_grant_type_is_refused() {
    let world = world();
    world.edit_client(|client| {
        client.settings.grant_types.retain(|grant| grant.as_str() != "client_credentials");
    });
    assert_eq!(world.refuses(&call(), "gate.grant_not_allowed").code, ErrorCode::UnauthorizedClient);
}

#[test]
fn without_an_audience_the_default_one_counts_else_the_request_is_refused() {
    let world = world();
    let call = call().without("audience");
    let error = world.refuses(&call, "parameters.missing");
    assert_eq!(error.value("name"), Some("audience"));
    world.edit_settings(|settings| settings.default_audience = Some(AUDIENCE.to_owned()));
    assert_eq!(claims(&world.issues(&call).response.access_token)["aud"], AUDIENCE);
    // Userinfo is for users.
    world.refuses(&call.with("audience", USERINFO), "parameters.missing");
}

#[test]
fn resource_stands_for_a_missing_audience_in_the_compatibility_profile_alone() {
    let world = world();
    let by_resource = call().without("audience").with("resource", AUDIENCE);
    world.issues(&by_resource);
    let both = by_resource.clone().with("audience", "https://evil.example.com/");
    world.refuses(&both, "client_credentials.unknown_audience");
    world.edit_settings(|settings| {
        settings.resource_parameter_profile = ResourceParameterProfile::Audience;
    });
    world.refuses(&by_resource, "parameters.missing");
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    world.issues(&by_resource);
}

#[test]
fn under_rfc_several_resources_must_be_the_same_one() {
    let world = world();
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    let base = call().without("audience");
    let two = |one: &str, other: &str| base.clone().and("resource", one).and("resource", other);
    world.issues(&two(AUDIENCE, AUDIENCE));
    for call in [two(AUDIENCE, "https://evil.example.com/"), two("https://evil.example.com/", AUDIENCE)] {
        let error = world.refuses(&call, "client_credentials.several_resources");
        assert_eq!(error.code, ErrorCode::InvalidTarget);
    }
    let unknown = base.clone().with("resource", "https://evil.example.com/");
    let error = world.refuses(&unknown, "client_credentials.unknown_audience");
    assert_eq!(error.code, ErrorCode::InvalidTarget);
}

#[test]
fn a_third_party_needs_its_grant_and_no_more_than_that() {
    let world = world();
    world.edit_client(|client| client.settings.is_first_party = false);
    world.issues(&call());
    world.put(Change::DeleteClientGrant { id: "cgr_test".into() });
    let error = world.refuses(&call(), "gate.third_party_grant_missing");
    assert_eq!(error.code, ErrorCode::UnauthorizedClient);
}

#[test]
fn no_row_is_written_and_the_commit_still_requires_what_was_read() {
    let world = world();
    world.issues(&call());
    let commits = world.storage.take_commits();
    let [commit] = commits.as_slice() else { panic!("{commits:?}") };
    assert!(commit.writes.is_empty());
    let mut kinds = required(commit);
    kinds.sort_by_key(|kind| format!("{kind:?}"));
    assert_eq!(kinds, [RecordKind::Client, RecordKind::ClientGrant, RecordKind::ResourceServer]);
}

#[test]
fn a_client_grant_deleted_between_decision_and_commit_gives_nothing() {
    let world = world();
    world.storage.before_commit(|storage| {
        put(storage, Change::DeleteClientGrant { id: "cgr_test".into() });
    });
    world.refuses(&call(), "gate.client_grant_missing");
}

#[test]
fn a_client_disabled_between_decision_and_commit_gets_nothing() {
    let world = world();
    world.storage.before_commit(|storage| {
        put(storage, Change::DeleteClient { id: CLIENT_ID.into(), at: NOW });
    });
    let error = world.refuses(&call(), "token.changed_meanwhile");
    assert_eq!(error.code, ErrorCode::InvalidClient);
}

#[test]
fn core_199_core_200_an_rfc_9068_api_gets_that_shape() {
    let world = world();
    world.edit_api(|api| api.settings.token_dialect = TokenDialect::Rfc9068Profile);
    let token = world.issues(&call()).response.access_token;
    assert_eq!(Compact::parse(&token).unwrap().header.typ.as_deref(), Some("at+jwt"));
    let access = claims(&token);
    assert_eq!(access["client_id"], CLIENT_ID);
    assert!(access["jti"].is_string());
    assert_eq!((access.get("azp"), access.get("gty")), (None, None));
}

#[test]
fn an_hs256_api_is_signed_with_its_own_secret() {
    use countersign_oauth::Sealer as _;
    let world = world();
    world.edit_api(|api| {
        api.settings.signing_alg = Algorithm::HS256;
        api.signing_secret = Some(TestSealer::default().seal("signing_secret", b"secret of the api"));
    });
    let token = world.issues(&call()).response.access_token;
    let header = Compact::parse(&token).unwrap().header;
    assert_eq!((header.alg.as_str(), header.kid), ("HS256", None));
    assert_eq!(claims(&token)["aud"], json!(AUDIENCE));
    // A secret that does not open is our fault, and no token.
    world.edit_api(|api| {
        api.signing_secret = Some(TestSealer::new("other").seal("signing_secret", b"secret"));
    });
    crate::world::fault(world.post(&call()));
}
