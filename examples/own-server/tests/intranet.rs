//! The example's identity provider, asked as a server asks it.

use std::sync::Arc;

use countersign_connections::{
    Proof, ProviderProfile, Providers, Upstream, UpstreamError, UpstreamKeys, seal_option,
};
use countersign_crypto::{DataKeys, OpenSslSecretKeys, OpenSslVerifier, OsRandom};
use countersign_oauth::{
    BoxFuture, ConnectionId, FetchError, FetchRequest, FetchResponse, HttpFetch, Secret, Timestamp,
};
use countersign_storage::{Client, ClientSettings, Connection, ConnectionSettings};
use own_server::Intranet;
use serde_json::json;

/// The directory: it knows one token.
struct Directory;

impl HttpFetch for Directory {
    fn fetch<'a>(&'a self, request: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        assert_eq!(request.url.expose(), "https://directory.intranet.example/whose");
        let has = |value: &str| request.headers.iter().any(|(_, header)| header.expose() == value);
        let app = if has("Bearer theirs") { "other" } else { "shop" };
        let (status, body) = if (has("Bearer good") || has("Bearer theirs")) && has("s3cret") {
            let body = json!({
                "issued_to": app, "staff_number": "4711", "email": "Jane@intranet.example", "email_confirmed": true,
                "name": "Jane", "room": "3.14",
            });
            (200, body)
        } else {
            (404, json!({}))
        };
        let body = body.to_string().into_bytes();
        let content_type = "application/json".to_owned();
        Box::pin(std::future::ready(Ok(FetchResponse { status, content_type, headers: Vec::new(), body })))
    }
}

fn accept(token: &str) -> Result<ProviderProfile, UpstreamError> {
    let providers = Providers::built_in().with(Intranet).unwrap();
    let sealer = DataKeys::generate(&OsRandom);
    let id = ConnectionId::new("con_intranet");
    let secret = seal_option(&id, "client_secret", &Secret::from("s3cret"), &sealer);
    let options = json!({ "client_id": "shop", "client_secret": secret });
    let connection = Connection {
        id,
        name: "intranet".to_owned(),
        strategy: "intranet".to_owned(),
        settings: ConnectionSettings {
            options: options.as_object().unwrap().clone(),
            ..ConnectionSettings::default()
        },
        version: 1,
        epoch: 1,
    };
    let now = Timestamp::from_seconds(1_800_000_000);
    let settings = ClientSettings::default();
    let client = Client { id: "app".into(), secret: None, settings, created_at: now, version: 1, epoch: 1 };
    let upstream = Upstream {
        fetch: &Directory,
        keys: &UpstreamKeys::new(Arc::new(OpenSslVerifier::new().unwrap())),
        secret_keys: &OpenSslSecretKeys,
        sealer: &sealer,
        random: &OsRandom,
        connection: &connection,
        client: &client,
        now,
    };
    let proof = Proof::AccessToken { token: Secret::from(token), token_secret: None };
    pollster::block_on(providers.find("intranet").unwrap().accept(&proof, &upstream))
}

#[test]
fn the_directory_says_whose_a_token_is() {
    let profile = accept("good").unwrap();
    assert_eq!(profile.provider_user_id, "4711");
    assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("jane@intranet.example"), true));
    assert_eq!(profile.attributes, *json!({ "room": "3.14" }).as_object().unwrap());
}

#[test]
fn a_token_of_another_application_and_an_unknown_one_are_refused() {
    assert_eq!(accept("theirs").unwrap_err().rule(), "connections.other_application");
    assert_eq!(accept("unknown").unwrap_err().rule(), "intranet.token_refused");
}
