//! A tenant file and a store: what is added, updated, left and refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use countersign_management::{ObjectKind, Outcome};
use countersign_oauth::{Audience, Sealer as _};
use countersign_storage::{ClientGrants, Connections, Listing, ResourceServers, Settings, SubjectType};
use countersign_testkit::block_on;
use support::Desk;

const EXPORT: &str = include_str!("data/export.yaml");

const SMALL: &str = "\
clients:
  - {name: Web, client_id: web, app_type: regular_web, callbacks: ['https://a.test/cb', 'https://a.test/cb2']}
  - {name: Job, app_type: non_interactive}
resourceServers:
  - {identifier: 'https://api.test', scopes: [{value: read}, {value: write}]}
clientGrants:
  - {client_id: Job, audience: 'https://api.test', scope: [read, write]}
databases:
  - {name: db, enabled_clients: [Web, Job]}
";

fn outcomes(report: &countersign_management::Report) -> Vec<Outcome> {
    report.objects.iter().map(|object| object.outcome).collect()
}

#[test]
fn an_export_becomes_a_tenant() {
    let desk = Desk::new();
    let report = desk.apply(EXPORT);
    assert!(
        report.objects.iter().filter(|o| o.kind != ObjectKind::Tenant).all(|o| o.outcome == Outcome::Created)
    );
    let settings = block_on(desk.storage.settings()).unwrap().record;
    assert_eq!((settings.friendly_name.as_str(), settings.default_audience), ("Acme", None));
    assert_eq!(settings.enabled_locales, ["en", "de"]);

    let api =
        block_on(desk.storage.resource_server(&"https://api.acme.example.test/".into())).unwrap().unwrap();
    assert!(api.settings.allow_offline_access && api.settings.has_scope("read:orders"));
    let backend = desk.client("Acme Backend");
    let grant = block_on(desk.storage.client_grant(&backend.id, &api.identifier, SubjectType::Client));
    assert_eq!(grant.unwrap().unwrap().scope.to_string(), "read:orders");
    let database = block_on(desk.storage.connections()).unwrap().remove(0);
    assert!(database.is_enabled_for(&desk.client("Acme Portal").id));
    assert!(database.is_enabled_for(&desk.client("Partner").id));
    assert!(!database.is_enabled_for(&backend.id));
    assert_eq!(
        desk.secret_of("Acme Backend").unwrap(),
        "not-a-real-secret-but-long-enough-for-all-the-rules"
    );
    assert_eq!(desk.client("Acme Portal").secret, None);
}

#[test]
fn applying_a_file_again_changes_nothing() {
    for yaml in [EXPORT, SMALL] {
        let desk = Desk::with(yaml);
        let (version, log) = (desk.configuration_version(), desk.log().len());
        let clients = block_on(desk.storage.clients()).unwrap();
        let report = desk.apply(yaml);
        assert!(outcomes(&report).iter().all(|outcome| *outcome == Outcome::Unchanged), "{report:?}");
        assert_eq!((desk.configuration_version(), desk.log().len()), (version, log));
        assert_eq!(block_on(desk.storage.clients()).unwrap(), clients);
    }
}

#[test]
fn ids_and_secrets_are_made_where_the_file_gives_none() {
    let desk = Desk::new();
    let report = desk.apply(SMALL);
    let job = report.objects.iter().find(|object| object.name == "Job").unwrap();
    assert!(job.id.len() == 32 && job.id.bytes().all(|b| b.is_ascii_alphanumeric()));
    let made = job.secret.as_ref().unwrap().expose();
    assert!(made.len() >= 43, "256 bits at least");
    assert_eq!(desk.secret_of("Job").unwrap(), *made);
    assert!(!format!("{report:?}").contains(made.as_str()));
    let apis = block_on(desk.storage.resource_servers()).unwrap();
    assert!(apis[0].id.as_str().len() == 24 && apis[0].signing_secret.is_none());
    let grants = block_on(desk.storage.client_grants()).unwrap();
    assert!(grants[0].id.as_str().starts_with("cgr_"));
    assert!(block_on(desk.storage.connections()).unwrap()[0].id.as_str().starts_with("con_"));
}

#[test]
fn only_the_keys_given_change() {
    let desk = Desk::with(SMALL);
    let before = desk.client("Web");
    let report = desk.apply("clients: [{name: Web, description: Front}]\n");
    assert_eq!(outcomes(&report), [Outcome::Updated]);
    let after = desk.client("Web");
    assert_eq!(after.settings.callbacks, before.settings.callbacks);
    assert_eq!(after.settings.other.get("description").unwrap(), "Front");
    assert_eq!((&after.id, &after.secret, after.epoch), (&before.id, &before.secret, before.epoch));
    assert_eq!(after.created_at, before.created_at);
    assert_eq!(block_on(desk.storage.clients()).unwrap().len(), 2);
}

#[test]
fn null_sets_a_key_to_its_default() {
    let desk = Desk::with("clients: [{name: A, description: x, callbacks: ['https://a.test/']}]");
    desk.apply("clients: [{name: A, description: null, callbacks: null}]");
    let settings = desk.client("A").settings;
    assert!(settings.callbacks.is_empty() && settings.other.get("description").is_none());
}

#[test]
fn the_tenants_settings_are_replaced_key_by_key() {
    let desk = Desk::with(
        "tenant: {friendly_name: Acme, session_lifetime_in_minutes: 90, flags: {remove_alg_from_jwks: true}}",
    );
    desk.apply("tenant: {support_url: 'https://a.test/', flags: {revoke_refresh_token_grant: true}}");
    let settings = block_on(desk.storage.settings()).unwrap().record;
    assert_eq!((settings.friendly_name.as_str(), settings.session_lifetime), ("Acme", 1.5));
    assert!(settings.flags.remove_alg_from_jwks && settings.flags.revoke_refresh_token_grant);
}

#[test]
fn a_client_is_found_by_id_and_else_by_name() {
    let desk = Desk::with(SMALL);
    desk.apply("clients: [{name: Renamed, client_id: web}]");
    assert_eq!(desk.client("Renamed").id.as_str(), "web");
    desk.apply("clients: [{name: Renamed, client_id: another}]");
    assert_eq!(block_on(desk.storage.clients()).unwrap().len(), 3);
    let problems = desk.refused("clients: [{name: Renamed}]");
    assert!(problems[0].contains("several clients"), "{problems:?}");
}

#[test]
fn what_a_file_refers_to_may_stand_in_the_store() {
    let desk = Desk::with(SMALL);
    desk.apply(
        "clientGrants: [{client_id: web, audience: 'https://api.test', scope: [read], subject_type: user}]",
    );
    let grant = block_on(desk.storage.client_grant(
        &"web".into(),
        &Audience::new("https://api.test"),
        SubjectType::User,
    ));
    assert_eq!(grant.unwrap().unwrap().scope.to_string(), "read");
}

#[test]
fn all_that_does_not_fit_is_named_and_nothing_is_written() {
    let desk = Desk::with(SMALL);
    let (version, log) = (desk.configuration_version(), desk.log());
    let problems = desk.refused(
        "clients: [{name: New}]\n\
         clientGrants:\n\
         \x20 - {client_id: Nobody, audience: 'https://none.test'}\n\
         \x20 - {client_id: Job, audience: 'https://api.test', scope: [read, erase]}\n\
         databases: [{name: db, enabled_clients: [Web, Ghost]}]\n",
    );
    assert_eq!(
        problems,
        [
            "line 3: clientGrants[0].client_id names Nobody, which is no client of the file or the store",
            "line 3: clientGrants[0].audience names https://none.test, which is no API of the file or the store",
            "line 4: clientGrants[1].scope has erase, which the API does not have",
            "line 5: databases[0].enabled_clients names Ghost, which is no client of the file or the store",
        ]
    );
    assert_eq!((desk.configuration_version(), desk.log()), (version, log));
}

#[test]
fn sp_182_an_update_is_checked_as_a_whole() {
    let desk = Desk::with(
        "clients: [{name: A, refresh_token: {expiration_type: expiring, token_lifetime: 100, idle_token_lifetime: 50}}]\n\
        resourceServers: [{identifier: a, token_lifetime: 7200, token_lifetime_for_web: 7200}]",
    );
    // Each is right by itself and wrong over what is stored.
    let problems = desk.refused("resourceServers: [{identifier: a, token_lifetime: 60}]");
    assert!(problems[0].contains("token_lifetime_for_web is over token_lifetime"), "{problems:?}");
    let problems = desk.refused("clients: [{name: A, refresh_token: {idle_token_lifetime: 101}}]");
    assert!(problems[0].contains("idle_token_lifetime over its token_lifetime"), "{problems:?}");
}

#[test]
fn third_party_security_mode_stays_as_it_was_made() {
    let desk = Desk::with("clients: [{name: A, is_first_party: false, third_party_security_mode: strict}]");
    assert!(desk.client("A").id.as_str().starts_with("tpc_"));
    let problems = desk.refused("clients: [{name: A, third_party_security_mode: permissive}]");
    assert!(problems[0].contains("cannot be changed"), "{problems:?}");
}

#[test]
fn narrowing_raises_the_epoch_and_widening_does_not() {
    let desk = Desk::with(SMALL);
    let epoch = || desk.client("Web").epoch;
    let first = epoch();
    desk.apply("clients: [{name: Web, callbacks: ['https://a.test/cb', 'https://a.test/cb2', 'https://a.test/cb3']}]");
    assert_eq!(epoch(), first);
    desk.apply("clients: [{name: Web, callbacks: ['https://a.test/cb']}]");
    assert!(epoch() > first, "a callback was removed");
    let second = epoch();
    desk.apply("clients: [{name: Web, client_secret: another-secret-of-mine}]");
    assert!(epoch() > second, "the secret changed");
    let third = epoch();
    desk.apply("clients: [{name: Web, client_secret: another-secret-of-mine}]");
    assert_eq!(epoch(), third, "it is the same secret, however it is sealed");

    let grant = || block_on(desk.storage.client_grants()).unwrap()[0].epoch;
    let first = grant();
    desk.apply("clientGrants: [{client_id: Job, audience: 'https://api.test', scope: [read]}]");
    assert!(grant() > first);
    let database = || block_on(desk.storage.connections()).unwrap()[0].epoch;
    let first = database();
    desk.apply("databases: [{name: db, enabled_clients: [Web]}]");
    assert!(database() > first);
    let api = || block_on(desk.storage.resource_servers()).unwrap()[0].epoch;
    let first = api();
    desk.apply("resourceServers: [{identifier: 'https://api.test', subject_type_authorization: {user: {policy: deny_all}}}]");
    assert!(api() > first);
}

#[test]
fn nothing_is_deleted_that_a_file_leaves_out() {
    let desk = Desk::with(SMALL);
    desk.apply("clients: [{name: Third}]\ndatabases: [{name: other}]\n");
    assert_eq!(block_on(desk.storage.clients()).unwrap().len(), 3);
    assert_eq!(block_on(desk.storage.resource_servers()).unwrap().len(), 1);
    assert_eq!(block_on(desk.storage.client_grants()).unwrap().len(), 1);
    assert_eq!(block_on(desk.storage.connections()).unwrap().len(), 2);
}

#[test]
fn an_api_of_hs256_gets_a_secret_and_keeps_it() {
    let desk = Desk::new();
    let report = desk.apply("resourceServers: [{identifier: a, signing_alg: HS256}]");
    let made = report.objects[0].secret.as_ref().unwrap().expose().clone();
    let sealed = block_on(desk.storage.resource_servers()).unwrap()[0].signing_secret.clone().unwrap();
    let opened = desk.sealer.open(countersign_management::SIGNING_SECRET_PURPOSE, &sealed).unwrap();
    assert_eq!(opened, made.as_bytes());
    let report = desk.apply("resourceServers: [{identifier: a, signing_alg: HS256}]");
    assert_eq!(outcomes(&report), [Outcome::Unchanged]);
}

#[test]
fn every_change_stands_in_the_log_and_no_secret_does() {
    let desk = Desk::with(SMALL);
    let log = desk.log();
    assert_eq!(log.iter().filter(|(_, text)| text == "Create a client").count(), 2);
    assert!(log.iter().all(|(code, _)| code == "sapi"));
    assert!(log.contains(&("sapi".to_owned(), "Create a resource server: https://api.test".to_owned())));
    desk.apply("tenant: {friendly_name: Acme}");
    assert_eq!(desk.log().last().unwrap().1, "Update tenant settings");
    let secret = desk.secret_of("Job").unwrap();
    assert!(!format!("{:?}", desk.log()).contains(&secret));
}

#[test]
fn what_is_made_otherwise_than_the_file_says_is_a_warning() {
    let desk = Desk::new();
    let report = desk.apply(
        "clients: [{name: A, app_type: spa, refresh_token: {expiration_type: non-expiring}, jwt_configuration: {alg: HS256}}]",
    );
    let paths: Vec<&str> = report.warnings.iter().map(|warning| warning.path.as_str()).collect();
    assert_eq!(paths, ["clients[0].jwt_configuration", "clients[0].refresh_token"]);
    assert!(report.warnings.iter().all(|warning| warning.line == Some(1)));
    let refresh = desk.client("A").settings.refresh_token;
    assert!(!refresh.infinite_token_lifetime && refresh.expiration_type == "expiring");
}

#[test]
fn a_name_that_another_entry_left_is_free() {
    let desk = Desk::with("clients: [{name: Web, client_id: web}]");
    let report = desk.apply("clients: [{name: Old, client_id: web}, {name: Web}]");
    assert_eq!(outcomes(&report), [Outcome::Updated, Outcome::Created]);
    assert_eq!(desk.client("Old").id.as_str(), "web");
}

#[test]
fn a_default_audience_that_is_no_api_is_a_warning() {
    let desk = Desk::new();
    let report = desk.apply("tenant: {default_audience: nowhere}");
    assert_eq!(report.warnings[0].path, "tenant.default_audience");
    let report = desk.apply("tenant: {default_audience: api}\nresourceServers: [{identifier: api}]");
    assert!(report.warnings.is_empty());
}

/// Random bytes whose first draw lets another administrator in.
struct Racing<'a> {
    inner: countersign_testkit::SeededRandom,
    other: std::sync::Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl countersign_oauth::SecureRandom for Racing<'_> {
    fn fill(&self, bytes: &mut [u8]) {
        let other = self.other.lock().unwrap().take();
        if let Some(other) = other {
            other();
        }
        self.inner.fill(bytes);
    }
}

#[test]
fn a_lost_race_is_decided_again_on_what_is_now_true() {
    let desk = Desk::with(SMALL);
    let racing = Racing {
        inner: countersign_testkit::SeededRandom::new(9),
        other: std::sync::Mutex::new(Some(Box::new(|| {
            desk.apply("clients: [{name: Web, description: theirs, web_origins: ['https://theirs.test']}]");
        }))),
    };
    let yaml = "clients: [{name: Web, description: mine}, {name: New}]";
    let (file, _) =
        countersign_management::TenantFile::parse(yaml, countersign_management::ParseOptions::default())
            .unwrap();
    let admin = countersign_management::Admin { random: &racing, ..desk.admin() };
    let report = block_on(countersign_management::apply(&file, &desk.sealer, &admin)).unwrap();
    assert_eq!(outcomes(&report), [Outcome::Updated, Outcome::Created]);
    let web = desk.client("Web").settings;
    assert_eq!(web.other["description"], "mine");
    assert_eq!(web.web_origins, ["https://theirs.test"], "theirs was not undone");
}

#[test]
fn the_purposes_of_sealed_secrets_are_those_that_open_them() {
    assert_eq!(countersign_management::CLIENT_SECRET_PURPOSE, countersign_client_auth::SECRET_PURPOSE);
    assert_eq!(countersign_management::SIGNING_SECRET_PURPOSE, countersign_token::SIGNING_SECRET_PURPOSE);
}
