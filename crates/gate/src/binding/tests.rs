use countersign_storage::ProofOfPossession;
use countersign_testkit::{api, client, proof, public_client};

use super::*;

fn proved() -> SenderConstraint {
    SenderConstraint::Dpop(proof("POST", "https://login.example.com/oauth/token").thumbprint().unwrap())
}

fn api_with(mechanism: PopMechanism, required: bool, required_for: RequiredFor) -> ResourceServer {
    let mut api = api();
    api.settings.proof_of_possession = Some(ProofOfPossession { mechanism, required, required_for });
    api
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// Issued unbound.
    T,
    /// Issued bound to the proved key.
    B,
    /// Not issued.
    X,
}
use Outcome::{B, T, X};

fn outcome(client: &Client, api: Option<&ResourceServer>, sent: bool) -> Outcome {
    let proof = if sent { proved() } else { SenderConstraint::None };
    match bind(client, api, &proof) {
        Ok(SenderConstraint::None) => T,
        Ok(bound) if sent && bound == proved() => B,
        Err(GateRefusal::ProofRequired) => X,
        other => panic!("{other:?}"),
    }
}

fn clients(requires: bool) -> [Client; 2] {
    [client(), public_client()].map(|mut client| {
        client.settings.require_proof_of_possession = requires;
        client
    })
}

/// Core contract §3.12, the result matrix; RFC 9449 §5.
#[test]
fn core_189_190_191_192_the_matrix_of_client_proof_and_api() {
    let no_setting = api();
    let none = api_with(PopMechanism::None, false, RequiredFor::AllClients);
    let none_required = api_with(PopMechanism::None, true, RequiredFor::AllClients);
    let allowed = api_with(PopMechanism::Dpop, false, RequiredFor::AllClients);
    let required = api_with(PopMechanism::Dpop, true, RequiredFor::AllClients);
    // The client requires a proof, one is sent; userinfo only; API none, allowed, required.
    let matrix = [
        (false, false, T, [T, T, X]),
        (false, true, B, [T, B, B]),
        (true, false, X, [X, X, X]),
        (true, true, B, [X, B, B]),
    ];
    for (requires, sent, userinfo, [of_none, of_allowed, of_required]) in matrix {
        for client in clients(requires) {
            let cases = [
                (None, userinfo),
                (Some(&no_setting), of_none),
                (Some(&none), of_none),
                (Some(&none_required), of_none),
                (Some(&allowed), of_allowed),
                (Some(&required), of_required),
            ];
            for (api, expected) in cases {
                let pop = api.map(|api| &api.settings.proof_of_possession);
                assert_eq!(outcome(&client, api, sent), expected, "{requires} {sent} {pop:?}");
            }
        }
    }
}

#[test]
fn core_191_required_for_public_clients_exempts_confidential_ones() {
    let api = api_with(PopMechanism::Dpop, true, RequiredFor::PublicClients);
    let [confidential, public] = clients(false);
    assert_eq!(outcome(&public, Some(&api), false), X);
    assert_eq!(outcome(&public, Some(&api), true), B);
    assert_eq!(outcome(&confidential, Some(&api), false), T);
    assert_eq!(outcome(&confidential, Some(&api), true), B);
    let [confidential, _] = clients(true);
    assert_eq!(outcome(&confidential, Some(&api), false), X, "the client's own rule stays");
}

#[test]
fn an_api_that_wants_certificates_gets_no_tokens_until_there_are_some() {
    for required in [false, true] {
        for required_for in [RequiredFor::AllClients, RequiredFor::PublicClients] {
            let api = api_with(PopMechanism::Mtls, required, required_for);
            for client in clients(false).iter().chain(&clients(true)) {
                for sent in [false, true] {
                    assert_eq!(outcome(client, Some(&api), sent), X);
                }
            }
        }
    }
}
