//! Connections of identity providers in the tenant file.
#![cfg(test)]

mod support;

use countersign_connections::open_option;
use countersign_management::{ObjectKind, Outcome, ParseOptions, TenantFile};
use countersign_storage::{Connection, Connections};
use countersign_testkit::block_on;
use serde_json::json;
use support::Desk;

const PROVIDERS: &str = "\
clients:
  - {name: App, client_id: app, app_type: native}
connections:
  - name: google-oauth2
    strategy: google-oauth2
    enabled_clients: [App]
    options:
      client_id: 1.apps.googleusercontent.com
      client_secret: GOCSPX-clear
      allowed_audiences: [2.apps.googleusercontent.com]
      email: true
      profile: true
      some_future_option: {kept: true}
  - name: apple
    strategy: apple
    options: {client_id: a, team_id: TEAM, kid: KEY, app_secret: PEM-clear, name: true, email: true}
  - name: facebook
    strategy: facebook
    options: {client_id: '7', client_secret: fb-clear, public_profile: true, email: true, scope: 'user_posts'}
";

fn connection(desk: &Desk, name: &str) -> Connection {
    let connections = block_on(desk.storage.connections()).unwrap();
    connections.into_iter().find(|connection| connection.name == name).unwrap()
}

#[test]
fn connections_are_made_with_their_options_and_no_secret_is_stored_in_clear() {
    let desk = Desk::new();
    let report = desk.apply(PROVIDERS);
    let made = report.objects.iter().filter(|object| object.kind == ObjectKind::Connection);
    assert!(made.clone().all(|object| object.outcome == Outcome::Created) && made.count() == 3);
    let google = connection(&desk, "google-oauth2");
    assert_eq!(google.strategy, "google-oauth2");
    assert!(google.is_enabled_for(&"app".into()));
    assert_eq!(google.settings.options["scope"], json!(["email", "profile"]));
    assert_eq!(google.settings.options["some_future_option"], json!({ "kept": true }));
    let facebook = connection(&desk, "facebook");
    assert_eq!(facebook.settings.options["scope"], "user_posts,public_profile,email");
    let apple = connection(&desk, "apple");
    assert_eq!(apple.settings.options["scope"], "name email");
    for (connection, option, clear) in [
        (google, "client_secret", "GOCSPX-clear"),
        (facebook, "client_secret", "fb-clear"),
        (apple, "app_secret", "PEM-clear"),
    ] {
        let stored = serde_json::to_string(&connection.settings).unwrap();
        assert!(!stored.contains(clear), "{stored}");
        let opened = open_option(&connection, option, &desk.sealer).unwrap();
        assert_eq!(opened.expose(), clear);
        // What was sealed for one connection is nothing for another.
        let other = Connection { id: "con_other".into(), ..connection };
        assert!(open_option(&other, option, &desk.sealer).is_none());
    }
}

#[test]
fn applied_again_nothing_changes_and_a_secret_that_is_not_told_stays() {
    let desk = Desk::with(PROVIDERS);
    assert!(desk.apply(PROVIDERS).objects.iter().all(|object| object.outcome == Outcome::Unchanged));
    let before = connection(&desk, "google-oauth2");
    for hidden in ["client_secret: _VALUE_NOT_SHOWN_", "client_secret: ''", "icon_url: null"] {
        let yaml = PROVIDERS.replace("client_secret: GOCSPX-clear", hidden);
        assert!(
            desk.apply(&yaml).objects.iter().all(|object| object.outcome == Outcome::Unchanged),
            "{hidden}"
        );
    }
    let report = desk.apply(&PROVIDERS.replace("GOCSPX-clear", "GOCSPX-new"));
    assert!(report.objects.iter().any(|object| object.outcome == Outcome::Updated));
    let after = connection(&desk, "google-oauth2");
    assert_eq!(open_option(&after, "client_secret", &desk.sealer).unwrap().expose(), "GOCSPX-new");
    assert_eq!(after.epoch, before.epoch, "nobody loses anything by it");
    desk.apply(
        &PROVIDERS.replace("allowed_audiences: [2.apps.googleusercontent.com]", "allowed_audiences: []"),
    );
    assert!(connection(&desk, "google-oauth2").epoch > before.epoch);
}

#[test]
fn a_secret_that_nobody_knows_must_be_put_in() {
    let desk = Desk::new();
    let problems = desk.refused(&PROVIDERS.replace("GOCSPX-clear", "_VALUE_NOT_SHOWN_"));
    assert_eq!(
        problems,
        [
            "line 7: connections[0].options.client_secret has no value: the export does not tell it, so it must be put in"
        ]
    );
    assert!(block_on(desk.storage.connections()).unwrap().is_empty());
}

fn problems(yaml: &str, options: ParseOptions) -> Vec<String> {
    match TenantFile::parse(yaml, options) {
        Ok(_) => Vec::new(),
        Err(problems) => {
            problems.iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect()
        }
    }
}

#[test]
fn options_that_cannot_be_are_named_and_secrets_are_not_repeated() {
    let bad = "\
connections:
  - name: g
    strategy: google-oauth2
    options: {client_id: 7, client_secret: [s3cret], allowed_audiences: x, email: 'yes', set_user_root_attributes: often}
";
    let found = problems(bad, ParseOptions::default());
    assert_eq!(
        found,
        [
            "connections[0].options.client_id must be a text",
            "connections[0].options.client_secret must be a text",
            "connections[0].options.allowed_audiences must be a list of texts",
            "connections[0].options.email must be true or false",
            "connections[0].options.set_user_root_attributes must be one of on_each_login, on_first_login, never_on_login",
        ]
    );
    assert!(found.iter().all(|problem| !problem.contains("s3cret")));
}

#[test]
fn a_strategy_is_named_and_one_that_is_not_spoken_is_refused() {
    let nameless = problems("connections:\n  - {name: g, options: {}}\n", ParseOptions::default());
    assert_eq!(nameless, ["connections[0].strategy is required"]);
    let saml = problems("connections:\n  - {name: s, strategy: samlp}\n", ParseOptions::default());
    assert!(saml.iter().any(|problem| problem.starts_with("connections[0].strategy ")), "{saml:?}");
}

#[test]
fn another_server_than_the_providers_is_for_machines_that_may_call_private_ones() {
    let yaml = "connections:\n  - {name: g, strategy: google-oauth2, options: {upstream_base_url: 'http://127.0.0.1:1/'}}\n";
    assert_eq!(
        problems(yaml, ParseOptions::default()),
        ["connections[0].options.upstream_base_url is for machines where outbound_allow_private is on"]
    );
    let allowed = ParseOptions { allow_private_upstreams: true, ..ParseOptions::default() };
    assert_eq!(problems(yaml, allowed), [""; 0]);
    let query = yaml.replace("127.0.0.1:1/", "127.0.0.1:1/?x=");
    assert_eq!(
        problems(&query, allowed),
        ["connections[0].options.upstream_base_url must be an http or https URL without a query"]
    );
}
