use countersign_storage::ThirdPartySecurityMode;
use countersign_testkit::{api, client, client_grant, user_client_grant};

use super::*;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Party {
    First,
    Third,
    PermissiveThird,
}

fn client_of(party: Party) -> Client {
    let mut client = client();
    client.settings.is_first_party = party == Party::First;
    if party == Party::PermissiveThird {
        client.settings.third_party_security_mode = Some(ThirdPartySecurityMode::Permissive);
    }
    client
}

fn api_of(user: UserPolicy, client: ClientPolicy) -> ResourceServer {
    let mut api = api();
    api.settings.subject_type_authorization.user = user;
    api.settings.subject_type_authorization.client = client;
    api
}

/// Which scopes are open, and whether the client grant decided; or whether a client grant would help.
fn outcome(result: Result<Allowed, GateRefusal>) -> Result<(String, bool), bool> {
    match result {
        Ok(allowed) => Ok((allowed.scopes.to_string(), allowed.by_client_grant)),
        Err(GateRefusal::ApiDenied { grant_would_help, .. }) => Err(grant_would_help),
        Err(other) => panic!("{other:?}"),
    }
}

fn all() -> Result<(String, bool), bool> {
    Ok(("read:things write:things".to_owned(), false))
}

fn granted() -> Result<(String, bool), bool> {
    Ok(("read:things".to_owned(), true))
}

/// Core contract §1.4, the table of access decisions, with and without a client grant.
#[test]
fn core_063_064_a_policy_and_the_party_decide_for_a_user() {
    use Party::{First, PermissiveThird, Third};
    use UserPolicy::{AllowAll, DenyAll, RequireClientGrant};
    let table = [
        (AllowAll, First, all(), all()),
        (AllowAll, Third, Err(true), granted()),
        (AllowAll, PermissiveThird, Err(true), granted()),
        (RequireClientGrant, First, Err(true), granted()),
        (RequireClientGrant, Third, Err(true), granted()),
        (RequireClientGrant, PermissiveThird, Err(true), granted()),
        (DenyAll, First, Err(false), Err(false)),
        (DenyAll, Third, Err(false), Err(false)),
        (DenyAll, PermissiveThird, Err(false), Err(false)),
    ];
    let grant = user_client_grant();
    for (policy, party, without, with) in table {
        for of_client in [ClientPolicy::RequireClientGrant, ClientPolicy::DenyAll] {
            let (client, api) = (client_of(party), api_of(policy, of_client));
            let ask = |grant| outcome(allowed_scopes(&client, &api, grant, SubjectType::User));
            assert_eq!(ask(None), without, "{policy:?} {party:?}");
            assert_eq!(ask(Some(&grant)), with, "{policy:?} {party:?} with a grant");
        }
    }
}

#[test]
fn a_client_always_needs_a_grant_for_itself() {
    let grant = client_grant();
    for party in [Party::First, Party::Third, Party::PermissiveThird] {
        for user in [UserPolicy::AllowAll, UserPolicy::RequireClientGrant, UserPolicy::DenyAll] {
            let client = client_of(party);
            let ask =
                |api, grant| outcome(allowed_scopes(&client, &api_of(user, api), grant, SubjectType::Client));
            assert_eq!(ask(ClientPolicy::RequireClientGrant, None), Err(true));
            assert_eq!(ask(ClientPolicy::RequireClientGrant, Some(&grant)), granted());
            assert_eq!(ask(ClientPolicy::DenyAll, None), Err(false));
            assert_eq!(ask(ClientPolicy::DenyAll, Some(&grant)), Err(false));
        }
    }
}

#[test]
fn a_grant_opens_only_what_the_api_still_has() {
    let mut grant = client_grant();
    grant.scope = ["delete:things", "write:things", "openid"].into_iter().collect();
    let ask =
        |grant: &ClientGrant| outcome(allowed_scopes(&client(), &api(), Some(grant), SubjectType::Client));
    assert_eq!(ask(&grant), Ok(("write:things".to_owned(), true)));
    grant.scope = Scope::empty();
    assert_eq!(ask(&grant), Ok((String::new(), true)));
    grant.allow_all_scopes = true;
    assert_eq!(ask(&grant), Ok(("read:things write:things".to_owned(), true)));
}

#[test]
fn a_refusal_names_client_api_and_on_whose_behalf() {
    let api = api_of(UserPolicy::DenyAll, ClientPolicy::RequireClientGrant);
    for (party, strict) in [(Party::First, false), (Party::Third, true), (Party::PermissiveThird, false)] {
        let client = client_of(party);
        for (subject, for_user) in [(SubjectType::User, true), (SubjectType::Client, false)] {
            let expected = GateRefusal::ApiDenied {
                client_id: client.id.clone(),
                audience: api.identifier.clone(),
                grant_would_help: !for_user,
                for_user,
                third_party: strict,
            };
            assert_eq!(allowed_scopes(&client, &api, None, subject), Err(expected));
        }
    }
}
