//! Connections to fake identity providers, which `countersign dev --fake-providers` adds to whatever tenant it serves.

use countersign_connections::{Providers, seal_option};
use countersign_oauth::{ClientId, ConnectionId, Fault, GrantType, Sealer, Secret};
use countersign_storage::{
    AppType, Change, Changes, Client, ClientSettings, Connection, ConnectionSettings, NativeSocialLogin,
    Switch, TokenEndpointAuthMethod, Upsert,
};
use serde_json::{Map, Value, json};

use crate::Admin;
use crate::admin::{ATTEMPTS, Committed, logged, too_many_conflicts};
use crate::generate;

/// The id of the client that exchanges what native SDKs give, the same in every tenant.
pub const FAKE_NATIVE_ID: &str = "CountersignFakeProvidersNative01";

/// The id of the client that uses the legacy endpoint, the same in every tenant.
pub const FAKE_LEGACY_ID: &str = "CountersignFakeProvidersLegacy01";

/// The mark on what is made here; nobody's file can set it.
const MARK: &str = "countersign_fake_providers";

const LEGACY_GRANT: &str = "http://auth0.com/oauth/legacy/grant-type/access_token";

/// Adds a connection of each strategy with these options, secrets in clear, and two clients that use them;
/// `apple_app` is the native application at Apple. A connection that is there under the strategy's name and was
/// not made here is left as it is.
///
/// # Errors
/// A fault of the store.
pub async fn apply_fake_providers(
    connections: &[(&str, Value)],
    apple_app: &str,
    sealer: &dyn Sealer,
    admin: &Admin<'_>,
) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let clients = admin.storage.clients().await?;
        let stored = admin.storage.connections().await?;
        let mut changes = Changes::none();
        for settings in [native(apple_app), legacy()] {
            changes = changes.with(Change::UpsertClient(client(settings, &clients, admin)));
        }
        for (strategy, options) in connections {
            let known = stored.iter().find(|connection| connection.name == *strategy);
            if known.is_none_or(|known| known.settings.other.contains_key(MARK)) {
                let upsert = connection(strategy, options, known, sealer, admin);
                changes = changes.with(Change::UpsertConnection(upsert));
            }
        }
        let changes = changes.with(logged(admin.log("sapi", "Update the fake identity providers")));
        match admin.commit(changes).await? {
            Committed::Done => return Ok(()),
            Committed::Again(_) => {}
        }
    }
    Err(too_many_conflicts())
}

fn mark() -> Map<String, Value> {
    Map::from_iter([(MARK.to_owned(), Value::Bool(true))])
}

fn client((id, settings): (&str, ClientSettings), clients: &[Client], admin: &Admin<'_>) -> Upsert<Client> {
    let id = ClientId::from(id);
    let stored = clients.iter().find(|client| client.id == id);
    let created_at = stored.map_or(admin.now, |client| client.created_at);
    Upsert {
        expected_version: stored.map(|client| client.version),
        raise_epoch: false,
        record: Client { id, secret: None, settings, created_at, version: 0, epoch: 0 },
    }
}

fn native(apple_app: &str) -> (&'static str, ClientSettings) {
    let on = Switch { enabled: true };
    let mut other = mark();
    other.insert("mobile".to_owned(), json!({ "ios": { "app_bundle_identifier": apple_app } }));
    let settings = ClientSettings {
        name: "Fake providers, native".to_owned(),
        app_type: Some(AppType::Native),
        token_endpoint_auth_method: TokenEndpointAuthMethod::None,
        grant_types: vec![GrantType::TOKEN_EXCHANGE, GrantType::REFRESH_TOKEN],
        native_social_login: NativeSocialLogin {
            apple: on,
            facebook: on,
            google: on,
            single_use_id_tokens: false,
        },
        other,
        ..ClientSettings::default()
    };
    (FAKE_NATIVE_ID, settings)
}

fn legacy() -> (&'static str, ClientSettings) {
    let settings = ClientSettings {
        name: "Fake providers, legacy".to_owned(),
        app_type: Some(AppType::Native),
        oidc_conformant: false,
        token_endpoint_auth_method: TokenEndpointAuthMethod::None,
        grant_types: vec![GrantType::new(LEGACY_GRANT), GrantType::REFRESH_TOKEN],
        other: mark(),
        ..ClientSettings::default()
    };
    (FAKE_LEGACY_ID, settings)
}

fn connection(
    strategy: &str,
    options: &Value,
    known: Option<&Connection>,
    sealer: &dyn Sealer,
    admin: &Admin<'_>,
) -> Upsert<Connection> {
    let id = known
        .map(|connection| connection.id.clone())
        .unwrap_or_else(|| ConnectionId::new(format!("con_{}", generate::alphanumeric(admin.random, 16))));
    let mut options = options.as_object().cloned().unwrap_or_default();
    let providers = Providers::built_in();
    let secrets = providers.find(strategy).map(|provider| provider.options().secrets().collect::<Vec<_>>());
    for name in secrets.unwrap_or_default() {
        if let Some(clear) = options.get(name).and_then(Value::as_str).map(Secret::from) {
            options.insert(name.to_owned(), seal_option(&id, name, &clear, sealer));
        }
    }
    let settings = ConnectionSettings {
        enabled_clients: vec![FAKE_NATIVE_ID.into(), FAKE_LEGACY_ID.into()],
        options,
        other: mark(),
    };
    Upsert {
        expected_version: known.map(|connection| connection.version),
        raise_epoch: false,
        record: Connection {
            id,
            name: strategy.to_owned(),
            strategy: strategy.to_owned(),
            settings,
            version: 0,
            epoch: 0,
        },
    }
}
