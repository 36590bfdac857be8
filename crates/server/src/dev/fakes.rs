//! `countersign dev --fake-providers`: identity providers on this machine, and connections to them.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use countersign_crypto::SystemClock;
use countersign_fake_providers::{APPLE_APP, FakeProviders};
use countersign_management::{FAKE_LEGACY_ID, FAKE_NATIVE_ID, apply_fake_providers};
use countersign_oauth::Issuer;

use super::banner::quoted;
use crate::apply::admin;
use crate::{Failure, Parts};

/// Starts them on a free port of loopback and adds their connections to the tenant.
///
/// # Errors
/// When no port is to be had, the settings do not let them be called, or the store fails.
pub(super) async fn start(parts: &Parts) -> Result<FakeProviders, Failure> {
    if !parts.fetch.may_call_private() {
        return Err(Failure::of("--fake-providers", "needs outbound_allow_private, which is said to be off"));
    }
    let wrong = |error: std::io::Error| Failure::of("--fake-providers", error.to_string());
    let listener = TcpListener::bind("127.0.0.1:0").map_err(wrong)?;
    let fakes = FakeProviders::start_on(listener, Arc::new(SystemClock)).map_err(wrong)?;
    let connections = fakes.add_sample().map_err(wrong)?;
    apply_fake_providers(&connections, APPLE_APP, &*parts.sealer, &admin(parts)).await?;
    Ok(fakes)
}

/// What the banner says of them.
pub(super) fn banner(fakes: &FakeProviders, issuer: &Issuer, ca_file: &Path) -> String {
    let (base, mut text) = (fakes.base_url(), String::new());
    let ca_file = quoted(&ca_file.to_string_lossy());
    let trusted = if issuer.is_https() { format!(" --cacert {ca_file}") } else { String::new() };
    let _ = write!(
        text,
        "\nFake identity providers (apple, facebook, google-oauth2, twitter, weibo)\n  {base}\n  \
         TOKEN=$(curl -s {base}/control/google-oauth2/id-token | cut -d '\"' -f 4)\n  \
         curl -s{trusted} {} -d client_id={FAKE_NATIVE_ID} \\\n    \
         -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d scope=openid -d subject_token=$TOKEN \\\n    \
         -d subject_token_type=http://auth0.com/oauth/token-type/google-id-token\n  \
         Legacy applications: {} with client_id {FAKE_LEGACY_ID}\n",
        issuer.endpoint("oauth/token"),
        issuer.endpoint("oauth/access_token"),
    );
    text
}
