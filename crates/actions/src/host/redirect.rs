use countersign_jose::{Algorithm, Compact, sign_compact};
use countersign_oauth::{Secret, encode_query};
use countersign_users::Pending;
use serde_json::{Map, Value, json};

use super::{Answer, Arguments, Host};

/// A token for a redirect is good for so many seconds, unless its maker says otherwise.
const LIFETIME: i64 = 15 * 60;
/// As long may a redirect's URL be.
const URL: usize = 8 * 1024;

impl Host {
    pub(super) fn send_user_to(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let (url, options) = (arguments.text()?, arguments.object());
        let query = options.get("query").and_then(Value::as_object).cloned().unwrap_or_default();
        let url = with_query(&url, &query).ok_or("redirect.sendUserTo takes an absolute URL")?;
        self.redirect(url);
        Ok(None)
    }

    /// Has the user sent away, with all that is decided so far.
    pub(crate) fn redirect(&mut self, url: String) {
        self.verdict.redirect = None;
        let so_far = Box::new(self.verdict.clone());
        let script_id = self.script_id.clone();
        self.verdict.redirect = Some(Pending { script_id, url, so_far, state: String::new() });
    }

    /// A JWT (RFC 7519) for the site that the user is sent to, under a secret of the script's.
    pub(super) fn encode_token(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let options = arguments.object();
        let secret = secret(&options, "encodeToken")?;
        let seconds = options.get("expiresInSeconds").and_then(Value::as_i64).unwrap_or(LIFETIME);
        let payload = options.get("payload").and_then(Value::as_object).cloned().unwrap_or_default();
        let iat = self.facts.now.seconds();
        let mut claims = json!({
            "iss": self.facts.hostname,
            "iat": iat,
            "exp": iat.saturating_add(seconds),
            "ip": self.facts.ip,
        });
        if let Some(claims) = claims.as_object_mut() {
            claims.extend(payload);
            // Whose login it is, is not the script's to say.
            claims.insert("sub".to_owned(), self.facts.user_id.as_str().into());
        }
        let signer = self.shared.keys.symmetric_signer(key(&secret).expose());
        let token = sign_compact(&*signer, "JWT", &claims);
        token.map(|token| Some(token.into())).map_err(|_| "redirect.encodeToken failed".to_owned())
    }

    /// Claims of a token that came back: under the script's secret and HS256 alone, in time, for this redirect.
    pub(super) fn validate_token(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let options = arguments.object();
        let secret = secret(&options, "validateToken")?;
        let name = options.get("tokenParameterName").and_then(Value::as_str).unwrap_or("session_token");
        let invalid = |why: &str| format!("The session token is invalid: {why}");
        let returned = self.facts.returned.as_ref().ok_or("validateToken is for onContinuePostLogin")?;
        let token = returned.body.get(name).or_else(|| returned.query.get(name)).and_then(Value::as_str);
        let token = Compact::parse(token.ok_or_else(|| invalid("there is none"))?);
        let token = token.map_err(|_| invalid("it is no JWT"))?;
        token.algorithm(&[Algorithm::HS256]).map_err(|_| invalid("its algorithm is not HS256"))?;
        let signer = self.shared.keys.symmetric_signer(key(&secret).expose());
        let right = signer.sign(token.signing_input.as_bytes()).map_err(|_| invalid("its signature"))?;
        // Secrets compare in constant time.
        if Secret::new(right) != Secret::new(token.signature.clone()) {
            return Err(invalid("its signature"));
        }
        let claims: Map<String, Value> =
            serde_json::from_slice(&token.payload).map_err(|_| invalid("it is no JWT"))?;
        let number = |name: &str| claims.get(name).and_then(Value::as_f64);
        let now = self.facts.now.seconds() as f64;
        if !number("exp").is_some_and(|exp| now < exp) {
            return Err(invalid("it is expired"));
        }
        if number("nbf").is_some_and(|nbf| now + 60.0 < nbf) {
            return Err(invalid("it is not good yet"));
        }
        let state = returned.state.as_str();
        if state.is_empty() || claims.get("state").and_then(Value::as_str) != Some(state) {
            return Err(invalid("State in the token does not match the /continue state."));
        }
        if claims.get("sub").and_then(Value::as_str) != Some(&self.facts.user_id) {
            return Err(invalid("it is for another user"));
        }
        Ok(Some(Value::Object(claims)))
    }
}

fn secret(options: &Map<String, Value>, method: &str) -> Result<Secret<String>, String> {
    let secret = options.get("secret").and_then(Value::as_str).filter(|secret| !secret.is_empty());
    secret.map(Secret::from).ok_or_else(|| format!("redirect.{method} takes a secret"))
}

/// The secret as a key, which may be as short as the script likes: HMAC fills short keys up with zeros itself (RFC 2104
/// §2), so that filling them up before changes nothing but what the signer takes.
fn key(secret: &Secret<String>) -> Secret<Vec<u8>> {
    let mut key = secret.expose().as_bytes().to_vec();
    key.resize(key.len().max(32), 0);
    Secret::new(key)
}

/// The URL with more in its query, if it is an absolute one of the web that is safe in a header.
pub(crate) fn with_query(url: &str, query: &Map<String, Value>) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let is_safe = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    if !is_safe || rest.starts_with(['/', '?', '#']) || rest.is_empty() || url.len() > URL {
        return None;
    }
    let pairs: Vec<(&str, String)> = query.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    let (before, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let separator = match (pairs.is_empty(), before.contains('?')) {
        (true, _) => "",
        (false, true) => "&",
        (false, false) => "?",
    };
    Some(format!("{before}{separator}{}{fragment}", encode_query(&pairs))).filter(|url| url.len() <= URL)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
