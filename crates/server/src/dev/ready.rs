use std::path::{Path, PathBuf};

use countersign_management::{DescribedClient, Description, describe};
use countersign_oauth::{Issuer, Secret};
use countersign_storage::SubjectType;
use serde_json::{Value, json};

use super::DataDir;
use super::listeners::Urls;
use super::secrets::Passwords;
use super::snippets::FACTS_FILE;
use crate::{Failure, Parts, files};

/// At most so many users are listed.
const USERS: u32 = 1000;

/// What a newcomer and his scripts want to know of a server that listens.
pub(super) struct Facts {
    pub(super) urls: Urls,
    pub(super) ca_file: PathBuf,
    pub(super) bundle_file: PathBuf,
    pub(super) tenant: Description,
    pub(super) passwords: Passwords,
    /// The base URL of the fake identity providers.
    pub(super) fake_providers: Option<String>,
    /// A client that gets a token for itself, and for which API.
    pub(super) machine: Option<(DescribedClient, String)>,
    /// For the cookies of an example application, the same at every start.
    pub(super) cookie_secret: Secret<String>,
}

impl Facts {
    /// Gathers them.
    ///
    /// # Errors
    /// When the store fails or a client's secret does not open.
    pub(super) async fn gather(
        urls: Urls,
        (ca_file, bundle_file): (PathBuf, PathBuf),
        parts: &Parts,
        passwords: &Passwords,
    ) -> Result<Self, Failure> {
        let tenant = describe(&*parts.storage, &*parts.sealer, USERS).await?;
        let grants = parts.storage.client_grants().await?;
        let machine =
            grants.iter().filter(|grant| grant.subject_type == SubjectType::Client).find_map(|grant| {
                let can = |client: &&DescribedClient| {
                    client.client_id == grant.client_id
                        && client.client_secret.is_some()
                        && client.grant_types.iter().any(|grant| grant.as_str() == "client_credentials")
                };
                let client = tenant.clients.iter().find(can)?;
                Some((client.clone(), grant.audience.to_string()))
            });
        let mac = parts.sealer.mac("dev_example_cookie_secret", b"");
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let cookie_secret = Secret::new(hex);
        let passwords = passwords.clone();
        Ok(Self {
            urls,
            ca_file,
            bundle_file,
            tenant,
            passwords,
            fake_providers: None,
            machine,
            cookie_secret,
        })
    }

    /// Writes the ready file: whole or not at all, mode 0600. Scripts rely on its shape.
    ///
    /// # Errors
    /// [`Failure`] of `--ready-file`.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = format!("{:#}", self.to_json());
        text.push('\n');
        files::replace(path, text.as_bytes()).map_err(|failure| Failure::of("--ready-file", failure.text))
    }

    /// Writes the same, and the secret for examples' cookies, into the folder: `countersign env` reads it.
    ///
    /// # Errors
    /// [`Failure`] naming the file.
    pub(super) fn keep(&self, folder: &DataDir) -> Result<(), Failure> {
        files::replace(&folder.file(FACTS_FILE), format!("{:#}\n", self.with_cookie_secret()).as_bytes())
    }

    /// What the ready file says, and the secret for examples' cookies.
    pub(super) fn with_cookie_secret(&self) -> Value {
        let mut facts = self.to_json();
        if let Some(facts) = facts.as_object_mut() {
            facts.insert("cookie_secret".to_owned(), self.cookie_secret.expose().as_str().into());
        }
        facts
    }

    fn to_json(&self) -> Value {
        let clients: Vec<Value> = self.tenant.clients.iter().map(client).collect();
        let apis = self.tenant.apis.iter();
        let users = self.tenant.users.iter();
        json!({
            "issuer": self.urls.issuer,
            "http": self.urls.http.as_ref().map(base),
            "https": self.urls.https.as_ref().map(base),
            "hosts": self.urls.hosts.iter().map(base).collect::<Vec<_>>(),
            "ca_file": self.ca_file,
            "bundle_file": self.bundle_file,
            "pid": std::process::id(),
            "clients": clients,
            "apis": apis
                .map(|api| json!({ "identifier": api.identifier, "scopes": api.scopes }))
                .collect::<Vec<_>>(),
            "users": users
                .map(|user| json!({
                    "email": user.email,
                    "password": self.passwords.get(user.user_id.as_str()).map(|known| known.expose()),
                    "user_id": user.user_id,
                    "connection": user.connection,
                }))
                .collect::<Vec<_>>(),
            "management": null,
            "playground": self.urls.playground(),
            "fake_providers": self.fake_providers,
        })
    }
}

fn client(client: &DescribedClient) -> Value {
    json!({
        "name": client.name,
        "client_id": client.client_id,
        "client_secret": client.client_secret.as_ref().map(|secret| secret.expose()),
        "app_type": client.app_type,
        "callbacks": client.callbacks,
        "grant_types": client.grant_types,
    })
}

/// A base URL to put a path behind: the issuer without its slash.
pub(super) fn base(issuer: &Issuer) -> &str {
    issuer.as_str().trim_end_matches('/')
}
