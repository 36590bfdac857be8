use countersign_jose::Algorithm;
use countersign_oauth::{Compliance, GrantType};
use countersign_storage::{
    AppType, ClientSettings, PrivateKeyJwtSettings, RefreshTokenSettings, RotationType,
    TokenEndpointAuthMethod,
};
use serde_json::{Map, Value, json};

use super::{Finding, Resolved, credentials, finding, keys_of, merge, object, settings_of};

/// The grant that Auth0 gives native applications beside the others.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A client's settings (core §1.2, management §3.5.1): what is given over what is stored over the defaults.
pub(crate) fn client(
    given: &Map<String, Value>,
    stored: Option<&ClientSettings>,
) -> Resolved<ClientSettings> {
    let mut base = stored.map(keys_of).unwrap_or_default();
    forget_derived_lifetimes(&mut base, given);
    credentials::forget_replaced_method(&mut base, given);
    let mut keys = merge(base, given);
    keys.remove("client_id");
    credentials::read(&mut keys)?;
    fill_defaults(&mut keys);
    let mut settings: ClientSettings = settings_of(keys)?;
    let warnings = adjust(&mut settings);
    let mut problems = problems(&settings);
    if let Some(stored) = stored {
        problems.extend(immutable(&settings, stored));
    }
    if problems.is_empty() { Ok((settings, warnings)) } else { Err(problems) }
}

/// The two `infinite` switches follow a newly given `expiration_type`, unless they are given too.
fn forget_derived_lifetimes(base: &mut Map<String, Value>, given: &Map<String, Value>) {
    let given = given.get("refresh_token").and_then(Value::as_object);
    let Some(base) = base.get_mut("refresh_token").and_then(Value::as_object_mut) else { return };
    let changed = given
        .and_then(|given| given.get("expiration_type"))
        .is_some_and(|given| base.get("expiration_type") != Some(given));
    if changed {
        base.remove("infinite_token_lifetime");
        base.remove("infinite_idle_token_lifetime");
    }
}

fn fill_defaults(keys: &mut Map<String, Value>) {
    let app_type = keys.get("app_type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let strict = keys.get("is_first_party") == Some(&Value::Bool(false))
        && keys.get("third_party_security_mode").is_none_or(|mode| mode != "permissive");
    let public_type = app_type == "spa" || app_type == "native";
    let method = keys
        .entry("token_endpoint_auth_method")
        .or_insert_with(|| Value::from(if public_type { "none" } else { "client_secret_post" }));
    let public = *method == "none";
    keys.entry("grant_types").or_insert_with(|| default_grants(&app_type, public));
    let refresh = if app_type == "spa" {
        RefreshTokenSettings::rotating()
    } else if strict {
        RefreshTokenSettings { rotation_type: RotationType::NonRotating, ..RefreshTokenSettings::rotating() }
    } else {
        RefreshTokenSettings::default()
    };
    if let Some(keys) = object(keys, "refresh_token") {
        fill_refresh(keys, &refresh);
    }
    if strict && let Some(jwt) = object(keys, "jwt_configuration") {
        jwt.entry("lifetime_in_seconds").or_insert_with(|| Value::from(3600));
    }
}

fn default_grants(app_type: &str, public: bool) -> Value {
    match (app_type, public) {
        ("non_interactive", false) => json!(["client_credentials"]),
        ("native", _) => json!(["authorization_code", "implicit", "refresh_token", DEVICE_CODE]),
        (_, true) => json!(["authorization_code", "implicit", "refresh_token"]),
        (_, false) => json!(["authorization_code", "implicit", "refresh_token", "client_credentials"]),
    }
}

fn fill_refresh(keys: &mut Map<String, Value>, defaults: &RefreshTokenSettings) {
    let expiration = keys
        .entry("expiration_type")
        .or_insert_with(|| Value::from(defaults.expiration_type.clone()))
        .clone();
    let infinite = Value::from(expiration == "non-expiring");
    keys.entry("infinite_token_lifetime").or_insert_with(|| infinite.clone());
    keys.entry("infinite_idle_token_lifetime").or_insert(infinite);
    for (key, value) in keys_of(defaults) {
        keys.entry(key).or_insert(value);
    }
}

/// Makes what Auth0 forces, and says so.
fn adjust(settings: &mut ClientSettings) -> Vec<Finding> {
    let mut warnings = Vec::new();
    if settings.is_public() && settings.jwt_configuration.alg == Algorithm::HS256 {
        settings.jwt_configuration.alg = Algorithm::RS256;
        warnings.push(finding("jwt_configuration", "has HS256, and a public client gets RS256"));
    }
    let must_expire = settings.app_type == Some(AppType::Spa) || settings.is_strict_third_party();
    let refresh = &mut settings.refresh_token;
    let endless = refresh.infinite_token_lifetime && refresh.infinite_idle_token_lifetime;
    if must_expire && (endless || refresh.expiration_type != "expiring") {
        refresh.expiration_type = "expiring".to_owned();
        refresh.infinite_token_lifetime = false;
        refresh.infinite_idle_token_lifetime = false;
        warnings.push(finding(
            "refresh_token",
            "does not expire, and refresh tokens of a single-page or strict third-party application always do",
        ));
    }
    let late =
        settings.credentials().iter().find(|key| key.alg == Algorithm::ES256 || key.alg == Algorithm::EdDSA);
    if let Some(key) = late.filter(|_| settings.compliance != Some(Compliance::Rfc)) {
        let message = format!("has a key for {}, which is accepted under compliance rfc alone", key.alg);
        warnings.push(finding(credentials::KEY, message));
    }
    if settings.is_public() && settings.allows_grant(&GrantType::CLIENT_CREDENTIALS) {
        warnings.push(finding("grant_types", "has client_credentials, which a public client is refused"));
    }
    warnings
}

fn problems(settings: &ClientSettings) -> Vec<Finding> {
    let mut problems = Vec::new();
    let refresh = &settings.refresh_token;
    let both_end = !refresh.infinite_token_lifetime && !refresh.infinite_idle_token_lifetime;
    if both_end && refresh.idle_token_lifetime > refresh.token_lifetime {
        problems.push(finding("refresh_token", "has an idle_token_lifetime over its token_lifetime"));
    }
    let by_key = settings.token_endpoint_auth_method == TokenEndpointAuthMethod::PrivateKeyJwt;
    let keys = settings.credentials().len();
    if by_key && keys == 0 {
        problems
            .push(finding(credentials::KEY, "must have a key: the client authenticates by private_key_jwt"));
    }
    if keys > PrivateKeyJwtSettings::MAX_CREDENTIALS {
        problems.push(finding(credentials::KEY, "may have two keys at most"));
    }
    if keys > 0 && !by_key {
        let message = "has keys, and token_endpoint_auth_method names another method: leave one of them out";
        problems.push(finding(credentials::KEY, message));
    }
    let metadata = settings.other.get("client_metadata");
    if metadata.is_some_and(|metadata| !is_metadata(metadata)) {
        problems.push(finding(
            "client_metadata",
            "must be an object of at most 10 texts of at most 255 characters",
        ));
    }
    problems
}

/// Whether a value is a metadata object: at most ten short texts.
fn is_metadata(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        members.len() <= 10
            && members.iter().all(|(key, value)| {
                key.len() <= 255 && value.as_str().is_some_and(|text| text.chars().count() <= 255)
            })
    })
}

fn immutable(settings: &ClientSettings, stored: &ClientSettings) -> Option<Finding> {
    let changed = stored.third_party_security_mode.is_some()
        && settings.third_party_security_mode != stored.third_party_security_mode;
    changed.then(|| finding("third_party_security_mode", "cannot be changed after the client was made"))
}
