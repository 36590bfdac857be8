//! The sample tenant: made in an empty store, the same at every start, and gone when a real one comes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use countersign_management::{
    ApplyError, ImportOptions, ImportOutcome, Outcome, SAMPLE_API, SAMPLE_CONNECTION, SAMPLE_EMAIL,
    SAMPLE_PORTS, SampleReport, SampleSecrets, SampleTenant, StoreContent, apply_sample, describe,
    first_database, import_users, set_password, store_content,
};
use countersign_oauth::Secret;
use countersign_storage::{Connections, Listing, PopMechanism, ResourceServers, Settings};
use countersign_testkit::{SeededRandom, block_on};
use support::{Desk, PlainHasher};

fn secrets() -> SampleSecrets {
    SampleSecrets::generate(&SeededRandom::new(7))
}

fn start(desk: &Desk) -> SampleReport {
    let sample = SampleTenant::new(&SAMPLE_PORTS, &secrets()).unwrap();
    block_on(apply_sample(&sample, &desk.sealer, &PlainHasher, &desk.admin())).unwrap()
}

fn contents(desk: &Desk) -> StoreContent {
    block_on(store_content(&desk.storage)).unwrap()
}

#[test]
fn an_empty_store_becomes_a_tenant_to_log_in_to() {
    let desk = Desk::new();
    assert_eq!(contents(&desk), StoreContent::Empty);
    let report = start(&desk);
    assert_eq!(contents(&desk), StoreContent::Sample);
    assert!(report.report.warnings.is_empty());
    assert_eq!(report.user.outcome, ImportOutcome::Inserted);

    let api = block_on(desk.storage.resource_server(&SAMPLE_API.into())).unwrap().unwrap().settings;
    assert!(api.allow_offline_access && api.skip_consent_for_verifiable_first_party_clients);
    let proof = api.proof_of_possession.unwrap();
    assert_eq!((proof.mechanism, proof.required), (PopMechanism::Dpop, false));
    let settings = block_on(desk.storage.settings()).unwrap().record;
    assert!(settings.skip_non_verifiable_callback_uri_confirmation_prompt);

    let spa = desk.client("Sample SPA");
    assert!(spa.settings.is_public() && spa.settings.callbacks.contains(&"http://localhost:5173".to_owned()));
    assert!(spa.settings.callbacks.contains(&"https://localhost:3001/callback".to_owned()));
    assert_eq!(spa.id.as_str().len(), 32);
    let native = desk.client("Sample Native App").settings;
    assert!(native.callbacks.iter().any(|uri| uri.starts_with("com.countersign.sample:")));
    let connection = block_on(first_database(&desk.storage)).unwrap().unwrap();
    assert_eq!((connection.name.as_str(), connection.settings.enabled_clients.len()), (SAMPLE_CONNECTION, 4));
    let user = desk.user(report.user.user_id.unwrap().as_str()).unwrap();
    assert_eq!(user.email.as_deref(), Some(SAMPLE_EMAIL));
    assert!(user.email_verified && user.password.is_some());
}

#[test]
fn every_start_finds_the_same_tenant() {
    let desk = Desk::new();
    start(&desk);
    let (version, log) = (desk.configuration_version(), desk.log().len());
    let report = start(&desk);
    assert!(report.report.objects.iter().all(|object| object.outcome == Outcome::Unchanged));
    assert_eq!(report.user.outcome, ImportOutcome::Unchanged);
    assert_eq!(report.user.password, Some(secrets().password));
    assert_eq!((desk.configuration_version(), desk.log().len()), (version, log));
}

#[test]
fn a_password_that_was_changed_is_not_known_any_more() {
    let desk = Desk::new();
    let id = start(&desk).user.user_id.unwrap();
    block_on(set_password(&id, &Secret::from("something else"), &PlainHasher, &desk.admin())).unwrap();
    assert_eq!(start(&desk).user.password, None);
}

#[test]
fn the_description_opens_the_secrets() {
    let desk = Desk::new();
    start(&desk);
    let described = block_on(describe(&desk.storage, &desk.sealer, 10)).unwrap();
    let secret = |name: &str| {
        let client = described.clients.iter().find(|client| client.name == name).unwrap();
        client.client_secret.as_ref().map(|secret| secret.expose().clone())
    };
    assert_eq!(secret("Sample Web App").as_ref(), Some(secrets().web.expose()));
    assert_eq!(secret("Sample Machine").as_ref(), Some(secrets().machine.expose()));
    assert_eq!(secret("Sample SPA"), None);
    assert_eq!(described.apis[0].scopes, ["read:items", "write:items"]);
    assert_eq!(described.users[0].connection, SAMPLE_CONNECTION);
    assert!(described.clients.iter().all(|client| client.is_sample) && described.users[0].is_sample);
    assert!(!format!("{described:?}").contains(secrets().web.expose().as_str()));
}

#[test]
fn a_real_tenant_takes_the_samples_place_whole() {
    let desk = Desk::new();
    start(&desk);
    let report = desk.apply("clients: [{name: Mine, client_id: mine}]");
    assert_eq!(contents(&desk), StoreContent::Tenant);
    let removed = report.objects.iter().filter(|object| object.outcome == Outcome::Removed).count();
    assert_eq!(removed, 8, "user, grant, four clients, API and connection: {report:?}");
    let clients = block_on(desk.storage.clients()).unwrap();
    assert_eq!(clients.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), ["mine"]);
    assert!(block_on(desk.storage.resource_servers()).unwrap().is_empty());
    assert!(block_on(desk.storage.client_grants()).unwrap().is_empty());
    assert!(block_on(desk.storage.connections()).unwrap().is_empty());
    assert!(block_on(desk.storage.users(10)).unwrap().is_empty());
    let settings = block_on(desk.storage.settings()).unwrap().record;
    assert!(
        !settings.skip_non_verifiable_callback_uri_confirmation_prompt,
        "the sample's settings go with it"
    );
    let report = desk.apply("clients: [{name: Mine, client_id: mine}]");
    assert!(report.objects.iter().all(|object| object.outcome == Outcome::Unchanged));
}

const SAME_NAMES: &str = "\
clients:
  - {name: Sample SPA, app_type: spa, callbacks: ['https://mine.test/']}
  - {name: Machine, client_id: CountersignSampleMachine00000001, app_type: non_interactive}
resourceServers:
  - {identifier: 'https://api.countersign.test', scopes: [{value: mine}]}
clientGrants:
  - {client_id: Machine, audience: 'https://api.countersign.test', scope: [mine]}
databases:
  - {name: Username-Password-Authentication, enabled_clients: [Sample SPA]}
";

#[test]
fn what_a_real_tenant_names_like_the_sample_keeps_nothing_of_it() {
    let desk = Desk::new();
    start(&desk);
    let old_spa = desk.client("Sample SPA").id;
    let connection = block_on(desk.storage.connections()).unwrap().remove(0);
    desk.apply(SAME_NAMES);
    assert_eq!(contents(&desk), StoreContent::Tenant);

    let spa = desk.client("Sample SPA");
    assert_ne!(spa.id, old_spa);
    assert_eq!(spa.settings.callbacks, ["https://mine.test/"]);
    assert_ne!(desk.secret_of("Machine").as_ref(), Some(secrets().machine.expose()));
    let api = block_on(desk.storage.resource_server(&SAMPLE_API.into())).unwrap().unwrap().settings;
    assert!(!api.allow_offline_access && api.scopes.len() == 1);
    assert_eq!(block_on(desk.storage.client_grants()).unwrap()[0].scope.to_string(), "mine");
    let database = block_on(desk.storage.connections()).unwrap().remove(0);
    assert_eq!(database.id, connection.id);
    assert_eq!(database.settings.enabled_clients, [spa.id]);
    assert!(database.epoch > connection.epoch && database.settings.options.is_empty());
    assert!(block_on(desk.storage.users(10)).unwrap().is_empty());

    let version = desk.configuration_version();
    desk.apply(SAME_NAMES);
    assert_eq!(desk.configuration_version(), version);
}

#[test]
fn real_users_of_the_samples_connection_stay() {
    let desk = Desk::new();
    start(&desk);
    let connection = block_on(first_database(&desk.storage)).unwrap().unwrap();
    let json = r#"[{"email": "real@a.test"}]"#;
    block_on(import_users(json, &connection, ImportOptions::default(), &PlainHasher, &desk.admin())).unwrap();
    desk.apply("clients: [{name: Mine}]");
    let users = block_on(desk.storage.users(10)).unwrap();
    assert_eq!(users.iter().map(|user| user.email.as_deref().unwrap()).collect::<Vec<_>>(), ["real@a.test"]);
    let database = block_on(desk.storage.connections()).unwrap().remove(0);
    assert!(database.settings.enabled_clients.is_empty());
    assert_eq!(contents(&desk), StoreContent::Tenant);
}

#[test]
fn the_sample_does_not_come_beside_a_tenant() {
    let desk = Desk::with("clients: [{name: Mine}]");
    let sample = SampleTenant::new(&SAMPLE_PORTS, &secrets()).unwrap();
    let result = block_on(apply_sample(&sample, &desk.sealer, &PlainHasher, &desk.admin()));
    assert!(matches!(result, Err(ApplyError::Refused(problems)) if problems.len() == 1));
}

#[test]
fn the_samples_secrets_differ_and_are_never_printed() {
    let secrets = secrets();
    assert!(secrets.web != secrets.machine && secrets.password.expose().len() >= 15);
    let sample = SampleTenant::new(&[3001], &secrets).unwrap();
    let printed = format!("{sample:?}{secrets:?}");
    for secret in [&secrets.web, &secrets.machine, &secrets.password] {
        assert!(!printed.contains(secret.expose().as_str()));
    }
}

#[test]
fn no_file_can_set_the_samples_mark() {
    let yaml = "clients: [{name: A, countersign_sample: true}]";
    let problems =
        countersign_management::TenantFile::parse(yaml, countersign_management::ParseOptions::default())
            .unwrap_err();
    assert!(problems[0].message.contains("no key"));
}
