//! The keys of a client that authenticates by `private_key_jwt` (core §1.5): from PEM or JWK to what is stored.

use std::collections::HashSet;

use countersign_jose::{Algorithm, Jwk, PemKey, PublicKey};
use countersign_oauth::Timestamp;
use serde_json::{Map, Value};

use super::{Finding, finding, keys_of};

/// Where they stand.
pub(super) const KEY: &str = "client_authentication_methods";

/// Where the list of keys stands in them.
const LIST: &str = "/private_key_jwt/credentials";

/// Keys replace the method that was stored, and a method replaces the keys.
pub(super) fn forget_replaced_method(base: &mut Map<String, Value>, given: &Map<String, Value>) {
    const METHOD: &str = "token_endpoint_auth_method";
    let list = given.get(KEY).and_then(|methods| methods.pointer(LIST)).and_then(Value::as_array);
    let method = given.get(METHOD).filter(|method| !method.is_null());
    let without_keys = given.get(KEY).is_some_and(Value::is_null);
    match method {
        Some(method) if method != "private_key_jwt" => {
            base.remove(KEY);
        }
        None if list.is_some_and(|keys| !keys.is_empty()) => {
            base.remove(METHOD);
        }
        None if without_keys && base.get(METHOD).is_some_and(|stored| stored == "private_key_jwt") => {
            base.remove(METHOD);
        }
        _ => {}
    }
}

/// Reads every key that is given, and lets a client with keys authenticate by them.
pub(super) fn read(keys: &mut Map<String, Value>) -> Result<(), Vec<Finding>> {
    let Some(Value::Array(given)) = keys.get_mut(KEY).and_then(|methods| methods.pointer_mut(LIST)) else {
        return Ok(());
    };
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for (position, credential) in given.iter_mut().enumerate() {
        let problem = |message: String| finding(KEY, format!("has at credentials[{position}] {message}"));
        match read_credential(credential) {
            Ok(read) if seen.insert((read.get("kid").cloned(), read.get("alg").cloned())) => {
                *credential = Value::Object(read);
            }
            Ok(_) => problems.push(problem("the same key again".to_owned())),
            Err(message) => problems.push(problem(message)),
        }
    }
    if !given.is_empty() {
        keys.entry("token_endpoint_auth_method").or_insert_with(|| "private_key_jwt".into());
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// One key: as a tenant file gives it, or as it is stored.
fn read_credential(given: &Value) -> Result<Map<String, Value>, String> {
    let mut read = given.as_object().cloned().unwrap_or_default();
    let (key, certified_until) = read_key(&read)?;
    let algorithm = algorithm_of(&read, &key)?;
    if !key.is_fit_for(algorithm) {
        return Err(unfit(&key, algorithm));
    }
    let kid = key.thumbprint().as_str().to_owned();
    let until = match read.remove("expires_at") {
        Some(Value::String(text)) => {
            let parsed = Timestamp::parse_iso8601(&text);
            Some(parsed.ok_or("an expires_at that is no date such as 2026-01-02T03:04:05Z")?)
        }
        // As it is stored.
        Some(Value::Number(millis)) => millis.as_i64().map(Timestamp::from_millis),
        _ => None,
    };
    let by_certificate = read.remove("parse_expiry_from_cert") == Some(Value::Bool(true));
    let until = until.or(certified_until.filter(|_| by_certificate));
    read.remove("pem");
    read.insert("jwk".to_owned(), Value::Object(keys_of(&Jwk::new(&kid, algorithm, &key))));
    read.insert("alg".to_owned(), algorithm.as_str().into());
    read.insert("kid".to_owned(), kid.into());
    if let Some(until) = until {
        read.insert("expires_at".to_owned(), until.millis().into());
    }
    Ok(read)
}

fn read_key(given: &Map<String, Value>) -> Result<(PublicKey, Option<Timestamp>), String> {
    match (given.get("pem").and_then(Value::as_str), given.get("jwk")) {
        (Some(_), Some(_)) => Err("both pem and jwk".to_owned()),
        (Some(pem), None) => {
            let read = PemKey::parse(pem).map_err(|error| match error {
                countersign_jose::JoseError::Private => "a private key: register the public one".to_owned(),
                countersign_jose::JoseError::Key => "a key that is neither RSA, P-256 nor Ed25519".to_owned(),
                _ => "a pem that is no public key or certificate".to_owned(),
            })?;
            Ok((read.key, read.not_after))
        }
        (None, Some(jwk)) => {
            let key = PublicKey::from_jwk(jwk).map_err(|_| {
                "a jwk that is no public key (RSA, P-256 or Ed25519, without private members)".to_owned()
            })?;
            Ok((key, None))
        }
        (None, None) => Err("no key: an export names keys by their id alone, so add the pem".to_owned()),
    }
}

/// What is given, else what the JWK says, else what Auth0 takes for granted; a curve has one algorithm.
fn algorithm_of(given: &Map<String, Value>, key: &PublicKey) -> Result<Algorithm, String> {
    let of_jwk = given.get("jwk").and_then(|jwk| jwk.get("alg"));
    if let Some(name) = given.get("alg").or(of_jwk).and_then(Value::as_str) {
        return Algorithm::parse(name).ok_or_else(|| "an alg that is not known".to_owned());
    }
    Ok(match key {
        PublicKey::Rsa { .. } => Algorithm::RS256,
        PublicKey::P256 { .. } => Algorithm::ES256,
        PublicKey::Ed25519 { .. } => Algorithm::EdDSA,
    })
}

fn unfit(key: &PublicKey, algorithm: Algorithm) -> String {
    let of_kind = |kind: &str| format!("{kind} key, which is not for {algorithm}");
    match key {
        PublicKey::Rsa { .. } if algorithm != Algorithm::ES256 && algorithm != Algorithm::EdDSA => {
            "an RSA key that is weak or too large: it must have 2048 to 8192 bits".to_owned()
        }
        PublicKey::Rsa { .. } => of_kind("an RSA"),
        PublicKey::P256 { .. } => of_kind("a P-256"),
        PublicKey::Ed25519 { .. } => of_kind("an Ed25519"),
    }
}

#[cfg(test)]
mod tests;
