//! The order of the token endpoint (RFC 6749 §3.2 and §5.2), and what each step lets through.

use countersign_oauth::{Compliance, ErrorCode, FaultKind, GrantType, Secret};
use countersign_storage::TokenEndpointAuthMethod;
use countersign_testkit::{CLIENT_ID, CLIENT_SECRET, block_on};
use countersign_token_endpoint::{ClientPolicy, Decision};

use crate::fakes::{GREETING, SCRIPTED, Scripted, issue_plainly, no, willing_world, world_of};
use crate::world::{Call, basic, fault, refusal, token_proof};

#[test]
fn errors_come_in_the_order_of_the_pipeline() {
    let (world, counts) = world_of(Scripted::new(|_, _| Ok(Decision::Refuse(no("test.last").into()))));
    // Each step mends one fault and meets the next; a later fault never shows before an earlier one.
    let everything_wrong =
        Call::anonymous(&[("x", "1"), ("x", "2")]).dpop(&token_proof("a").claim("htm", "GET"));
    world.refuses(&everything_wrong, "parameters.repeated");
    let call = everything_wrong.without("x");
    let missing = world.refuses(&call, "parameters.missing");
    assert_eq!(missing.value("name"), Some("grant_type"));
    let call = call.with("grant_type", "urn:example:unknown");
    let missing = world.refuses(&call, "parameters.missing");
    assert_eq!(missing.value("name"), Some("client_id"));
    let call = call.with("client_id", "nobody");
    world.refuses(&call, "client_auth.unknown_client");
    let call = call.with("client_id", CLIENT_ID);
    world.refuses(&call, "client_auth.missing_secret");
    let call = call.with("client_secret", "wrong");
    world.refuses(&call, "client_auth.wrong_secret");
    let call = call.with("client_secret", CLIENT_SECRET);
    world.refuses(&call, "token.unsupported_grant_type");
    let call = call.with("grant_type", GREETING);
    world.edit_client(|client| client.settings.grant_types.retain(|grant| grant.as_str() != GREETING));
    world.refuses(&call, "gate.grant_not_allowed");
    world.edit_client(|client| client.settings.grant_types.push(GrantType::new(GREETING)));
    world.refuses(&call, "dpop.htm_mismatch");
    world.refuses(&Call::new(&[("grant_type", GREETING)]), "parameters.missing");
    assert_eq!(counts.both(), (0, 0), "no grant was asked so far");
    world.refuses(&Call::new(&[("grant_type", SCRIPTED)]), "test.last");
    assert_eq!(counts.both(), (1, 1));
}

#[test]
fn core_093_a_missing_or_empty_grant_type_is_an_invalid_request() {
    let world = willing_world();
    for call in [Call::new(&[]), Call::new(&[("grant_type", "")])] {
        let error = world.refuses(&call, "parameters.missing");
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        assert_eq!(error.describe(), "Missing required parameter: grant_type");
    }
}

#[test]
fn core_094_an_unknown_grant_is_unsupported_and_is_shown_within_bounds() {
    let world = willing_world();
    for name in ["urn:example:unknown", "Client_Credentials", "client_credentials ", "implicit"] {
        let error = world.refuses(&Call::new(&[("grant_type", name)]), "token.unsupported_grant_type");
        assert_eq!(error.code, ErrorCode::UnsupportedGrantType);
        assert_eq!(error.value("grant"), Some(name));
    }
    let long = "é".repeat(5000);
    let error = world.refuses(&Call::new(&[("grant_type", &long)]), "token.unsupported_grant_type");
    assert_eq!(error.value("grant").unwrap().chars().count(), 128);
}

#[test]
fn core_095_a_grant_that_the_client_lacks_is_unauthorized() {
    let (world, counts) = world_of(Scripted::new(|_, cx| Ok(issue_plainly(cx))));
    world.edit_client(|client| client.settings.grant_types.clear());
    let error = world.refuses(&Call::new(&[("grant_type", SCRIPTED)]), "gate.grant_not_allowed");
    assert_eq!(error.code, ErrorCode::UnauthorizedClient);
    assert_eq!(error.value("grant"), Some(SCRIPTED));
    assert_eq!(counts.both(), (0, 0));
}

#[test]
fn a_grant_for_confidential_clients_alone_refuses_public_ones() {
    let mut scripted = Scripted::new(|_, cx| Ok(issue_plainly(cx)));
    scripted.policy = ClientPolicy::ConfidentialOnly;
    let (world, _) = world_of(scripted);
    world.issues(&Call::new(&[("grant_type", SCRIPTED)]));
    world.edit_client(|client| {
        client.settings.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        client.secret = None;
    });
    world.refuses(&Call::public(&[("grant_type", SCRIPTED)]), "gate.grant_not_allowed");
    world.issues(&Call::public(&[("grant_type", GREETING), ("name", "x")]));
}

#[test]
fn core_097_basic_and_post_both_authenticate() {
    let world = willing_world();
    world.issues(&Call::new(&[("grant_type", SCRIPTED)]));
    let header = basic(CLIENT_ID, CLIENT_SECRET);
    world.issues(&Call::anonymous(&[("grant_type", SCRIPTED)]).authorization(&header));
    world.issues(&Call::public(&[("grant_type", SCRIPTED)]).authorization(&header));
}

#[test]
fn core_098_sp_048_basic_and_a_secret_in_the_body_are_refused_though_both_are_right() {
    let world = willing_world();
    let call = Call::new(&[("grant_type", SCRIPTED)]).authorization(&basic(CLIENT_ID, CLIENT_SECRET));
    assert_eq!(world.refuses(&call, "client_auth.two_methods").code, ErrorCode::InvalidRequest);
    let call = Call::new(&[("grant_type", SCRIPTED)]).with("client_assertion", "a.b.c");
    assert_eq!(world.refuses(&call, "client_auth.two_methods").code, ErrorCode::InvalidRequest);
}

#[test]
fn sp_025_basic_of_one_client_with_the_client_id_of_another_is_a_contradiction() {
    let world = willing_world();
    world.add_client("other", |_| {});
    let call = Call::anonymous(&[("grant_type", SCRIPTED), ("client_id", "other")])
        .authorization(&basic(CLIENT_ID, CLIENT_SECRET));
    assert_eq!(world.refuses(&call, "client_auth.contradiction").code, ErrorCode::InvalidRequest);
}

#[test]
fn core_099_a_spurious_bearer_header_is_ignored() {
    let world = willing_world();
    world.issues(&Call::new(&[("grant_type", SCRIPTED)]).authorization("Bearer abc"));
}

#[test]
fn a_failed_basic_is_told_apart_so_that_the_answer_can_challenge() {
    let world = willing_world();
    let wrong = basic(CLIENT_ID, "wrong");
    let call = Call::anonymous(&[("grant_type", SCRIPTED)]).authorization(&wrong);
    assert!(world.post(&call).unwrap_err().tried_basic);
    let call = Call::new(&[("grant_type", SCRIPTED)]).with("client_secret", "wrong");
    assert!(!world.post(&call).unwrap_err().tried_basic);
    let call = call.authorization("Bearer abc");
    assert!(!world.post(&call).unwrap_err().tried_basic);
}

#[test]
fn sp_009_every_repeated_parameter_is_refused_equal_or_not() {
    let world = willing_world();
    let names =
        ["grant_type", "client_id", "client_secret", "scope", "code", "x", "resource", "redirect_uri"];
    for name in names {
        for (one, two) in [("a", "a"), ("a", "b"), ("", ""), ("a", "")] {
            let call = Call::new(&[("grant_type", SCRIPTED)]).with(name, one).and(name, two);
            let error = world.refuses(&call, "parameters.repeated");
            assert_eq!(error.code, ErrorCode::InvalidRequest);
            assert_eq!(error.value("name"), Some(name));
        }
    }
}

#[test]
fn sp_009_under_rfc_resource_may_repeat_and_nothing_else() {
    let world = willing_world();
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    let call = Call::new(&[("grant_type", SCRIPTED), ("resource", "a"), ("resource", "a")]);
    world.issues(&call);
    world.refuses(&call.and("audience", "a").and("audience", "a"), "parameters.repeated");
}

#[test]
fn an_error_carries_the_profile_of_the_client_once_it_is_known_else_the_tenants() {
    let world = willing_world();
    let unknown = Call::new(&[("grant_type", "nope")]);
    assert_eq!(world.post(&unknown).unwrap_err().compliance, Compliance::Auth0);
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Rfc));
    assert_eq!(world.post(&unknown).unwrap_err().compliance, Compliance::Rfc);
    let wrong = unknown.clone().with("client_secret", "wrong");
    assert_eq!(world.post(&wrong).unwrap_err().compliance, Compliance::Rfc);
    let nameless = Call::anonymous(&[("grant_type", "nope")]);
    assert_eq!(world.post(&nameless).unwrap_err().compliance, Compliance::Auth0);
    world.edit_settings(|settings| settings.compliance = Compliance::Rfc);
    assert_eq!(world.post(&nameless).unwrap_err().compliance, Compliance::Rfc);
    world.edit_client(|client| client.settings.compliance = Some(Compliance::Auth0));
    assert_eq!(world.post(&unknown).unwrap_err().compliance, Compliance::Auth0);
}

#[test]
fn an_endpoint_that_serves_nobody_authenticates_and_refuses() {
    let world = willing_world();
    let ask = |call: &Call| {
        let refused = block_on(world.token.refuse(&call.request(), &["mfa_token"], no("test.nobody")));
        refusal::<()>(Err(refused))
    };
    let missing = ask(&Call::new(&[]));
    assert_eq!((missing.rule, missing.value("name")), ("parameters.missing", Some("mfa_token")));
    let call = Call::new(&[("mfa_token", "x")]);
    assert_eq!(ask(&call.clone().with("client_secret", "wrong")).rule, "client_auth.wrong_secret");
    assert_eq!(ask(&call.clone().and("mfa_token", "y")).rule, "parameters.repeated");
    assert_eq!(ask(&call).rule, "test.nobody");
    assert!(world.storage.take_writes().is_empty());
}

#[test]
fn what_a_grant_refuses_is_a_row_of_the_log_under_its_event() {
    let (world, _) = world_of(Scripted::new(|_, _| Ok(Decision::Refuse(no("test.no").into()))));
    world.refuses(&Call::new(&[("grant_type", SCRIPTED)]), "test.no");
    let log = world.log();
    let [row] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!((row.event.as_str(), row.rule.as_deref()), ("fscript", Some("test.no")));
    assert_eq!(row.client_id.as_ref().unwrap().as_str(), CLIENT_ID);
    assert_eq!((row.ip.as_str(), row.request_id.as_str()), ("192.0.2.1", "request-1"));
    assert!(!format!("{row:?}").contains(CLIENT_SECRET));
}

#[test]
fn a_refusal_stands_though_its_row_could_not_be_written() {
    let (world, _) = world_of(Scripted::new(|_, _| Ok(Decision::Refuse(no("test.no").into()))));
    world.storage.break_commits(true);
    world.refuses(&Call::new(&[("grant_type", SCRIPTED)]), "test.no");
    assert!(world.log().is_empty());
}

#[test]
fn a_read_that_fails_is_a_fault_and_never_a_token() {
    let world = willing_world();
    world.storage.break_reads(true);
    let fault = fault(world.post(&Call::new(&[("grant_type", SCRIPTED)])));
    assert_eq!(fault.kind, FaultKind::Internal);
}

#[test]
fn a_commit_that_fails_is_a_fault_and_never_a_token() {
    let world = willing_world();
    world.storage.break_commits(true);
    fault(world.post(&Call::new(&[("grant_type", SCRIPTED)])));
    assert_eq!(world.storage.take_tries(), 1, "a failed store is not asked again and again");
}

#[test]
fn a_secret_stays_out_of_debug_output() {
    let world = willing_world();
    let request = Call::new(&[("grant_type", SCRIPTED)]).request();
    assert!(!format!("{:?}", request.parameters).contains(CLIENT_SECRET));
    let answer = world.issues(&Call::new(&[("grant_type", SCRIPTED)]));
    let token = Secret::new(answer.response.access_token.clone());
    assert!(!format!("{answer:?}").contains(token.expose().as_str()));
}
