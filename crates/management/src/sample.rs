//! The sample tenant: what `countersign dev` makes in an empty store, so that a newcomer can log in at once.

use countersign_oauth::{Fault, Sealer, Secret, UserId};
use countersign_storage::{Connection, User};
use countersign_users::PasswordHasher;
use serde_json::{Map, Value, json};

use crate::{
    Admin, ApplyError, ImportedUser, ParseOptions, Report, TenantFile, apply,
    node::Node,
    users::{NewUser, insert_user},
};

/// The mark on every record of the sample tenant; nobody's file can set it.
pub(crate) const MARK: &str = "countersign_sample";

/// The ports that development servers commonly have.
pub const SAMPLE_PORTS: [u16; 4] = [3001, 4200, 5173, 8080];

/// The identifier of the sample API.
pub const SAMPLE_API: &str = "https://api.countersign.test";

/// The e-mail address of the sample user.
pub const SAMPLE_EMAIL: &str = "ada@example.com";

/// The database connection that Auth0 gives a new tenant.
pub const SAMPLE_CONNECTION: &str = "Username-Password-Authentication";

/// Ids are the same in every sample tenant, so that an application's settings outlive a deleted store.
const SPA_ID: &str = "CountersignSampleSinglePageApp01";
const WEB_ID: &str = "CountersignSampleRegularWebApp01";
const NATIVE_ID: &str = "CountersignSampleNativeApp000001";
const MACHINE_ID: &str = "CountersignSampleMachine00000001";

/// What is secret in the sample tenant. The server keeps it, so that it is the same at every start.
#[derive(Debug, Clone)]
pub struct SampleSecrets {
    /// The secret of the regular web application.
    pub web: Secret<String>,
    /// The secret of the machine-to-machine application.
    pub machine: Secret<String>,
    /// The password of the user.
    pub password: Secret<String>,
}

impl SampleSecrets {
    /// Draws new ones.
    #[must_use]
    pub fn generate(random: &dyn countersign_oauth::SecureRandom) -> Self {
        Self {
            web: crate::generate::secret(random),
            machine: crate::generate::secret(random),
            password: Secret::new(crate::generate::alphanumeric(random, 20)),
        }
    }
}

/// The sample tenant: an API, four applications, a database connection and a user.
#[derive(Debug, Clone)]
pub struct SampleTenant {
    /// All but the user.
    pub(crate) file: TenantFile,
    /// The user's password.
    pub(crate) password: Secret<String>,
}

impl SampleTenant {
    /// Builds it for applications on `ports` of this machine.
    ///
    /// # Errors
    /// The problems of the secrets given, should they be too short to be secrets.
    pub fn new(ports: &[u16], secrets: &SampleSecrets) -> Result<Self, Vec<crate::Problem>> {
        let (mut file, _) = TenantFile::read(&Node::made(tenant(ports, secrets)), ParseOptions::default())?;
        file.is_sample = true;
        Ok(Self { file, password: secrets.password.clone() })
    }
}

/// What applying the sample tenant did.
#[derive(Debug)]
pub struct SampleReport {
    /// The objects.
    pub report: Report,
    /// The user; his password is `None` when it was changed since.
    pub user: ImportedUser,
}

/// Makes the sample tenant in an empty store, or brings the one that is there up to date.
///
/// # Errors
/// [`ApplyError::Refused`] when the store holds a tenant of somebody's own, or a fault.
pub async fn apply_sample(
    sample: &SampleTenant,
    sealer: &dyn Sealer,
    hasher: &dyn PasswordHasher,
    admin: &Admin<'_>,
) -> Result<SampleReport, ApplyError> {
    let report = apply(&sample.file, sealer, admin).await?;
    let connections = admin.storage.connections().await?;
    let connection = connections.iter().find(|connection| connection.name == SAMPLE_CONNECTION);
    let connection: &Connection =
        connection.ok_or_else(|| Fault::internal("the sample connection is gone"))?;
    let user = insert_user(&ada(sample), connection, hasher, admin).await?;
    Ok(SampleReport { report, user })
}

fn ada(sample: &SampleTenant) -> NewUser {
    let claims =
        json!({ "name": "Ada Lovelace", "nickname": "ada", "given_name": "Ada", "family_name": "Lovelace" });
    let object = |value: Value| value.as_object().cloned().unwrap_or_else(Map::new);
    NewUser {
        id: user_id().as_str().strip_prefix("auth0|").map(str::to_owned),
        email: Some(SAMPLE_EMAIL.to_owned()),
        email_verified: true,
        claims: object(claims),
        app_metadata: object(json!({ MARK: true })),
        password: Some(sample.password.clone()),
        ..NewUser::default()
    }
}

/// Every port on this machine over http and https, with each of `paths` behind it.
fn local(ports: &[u16], paths: &[&str]) -> Vec<String> {
    let origins = ports.iter().flat_map(|port| {
        ["http", "https"].into_iter().map(move |scheme| format!("{scheme}://localhost:{port}"))
    });
    origins.flat_map(|origin| paths.iter().map(move |path| format!("{origin}{path}"))).collect()
}

fn tenant(ports: &[u16], secrets: &SampleSecrets) -> Value {
    json!({
        "tenant": {
            "friendly_name": "Countersign Sample",
            "skip_non_verifiable_callback_uri_confirmation_prompt": true,
        },
        "resourceServers": [{
            "name": "Sample API",
            "identifier": SAMPLE_API,
            "scopes": [
                { "value": "read:items", "description": "Read your items" },
                { "value": "write:items", "description": "Change your items" },
            ],
            "allow_offline_access": true,
            "skip_consent_for_verifiable_first_party_clients": true,
            "proof_of_possession": { "mechanism": "dpop", "required": false },
        }],
        "clients": clients(ports, secrets),
        "clientGrants": [{
            "client_id": MACHINE_ID,
            "audience": SAMPLE_API,
            "scope": ["read:items", "write:items"],
        }],
        "databases": [{
            "name": SAMPLE_CONNECTION,
            "strategy": "auth0",
            "enabled_clients": [SPA_ID, WEB_ID, NATIVE_ID, MACHINE_ID],
            "options": {
                "brute_force_protection": true,
                "disable_signup": true,
                "password_options": { "complexity": { "min_length": 15 }, "dictionary": { "active": true } },
            },
        }],
    })
}

fn clients(ports: &[u16], secrets: &SampleSecrets) -> Value {
    let origins = local(ports, &[""]);
    let browser = local(ports, &["", "/", "/callback"]);
    let server = local(ports, &["/callback", "/auth/callback", "/api/auth/callback"]);
    let back = local(ports, &["", "/"]);
    let native = [
        "com.countersign.sample://callback",
        "http://127.0.0.1:8976/callback",
        "http://[::1]:8976/callback",
        "http://localhost:8976/callback",
    ];
    json!([
        {
            "name": "Sample SPA",
            "client_id": SPA_ID,
            "app_type": "spa",
            "grant_types": ["authorization_code", "refresh_token"],
            "callbacks": browser,
            "allowed_logout_urls": back,
            "web_origins": origins,
            "allowed_origins": origins,
        },
        {
            "name": "Sample Web App",
            "client_id": WEB_ID,
            "client_secret": secrets.web.expose(),
            "app_type": "regular_web",
            "grant_types": ["authorization_code", "refresh_token"],
            "callbacks": server,
            "allowed_logout_urls": back,
            "web_origins": origins,
        },
        {
            "name": "Sample Native App",
            "client_id": NATIVE_ID,
            "app_type": "native",
            "grant_types": ["authorization_code", "refresh_token"],
            "callbacks": native,
            "allowed_logout_urls": native,
        },
        {
            "name": "Sample Machine",
            "client_id": MACHINE_ID,
            "client_secret": secrets.machine.expose(),
            "app_type": "non_interactive",
            "grant_types": ["client_credentials"],
        },
    ])
}

/// The id of the sample user, the same in every sample tenant.
pub(crate) fn user_id() -> UserId {
    UserId::from("auth0|c0de00000000000000000001")
}

/// Whether a user is the sample tenant's.
pub(crate) fn is_sample_user(user: &User) -> bool {
    user.profile.app_metadata.get(MARK) == Some(&Value::Bool(true))
}
