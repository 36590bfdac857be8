use std::fmt::Write as _;
use std::path::Path;

use countersign_oauth::Issuer;

use super::ready::Facts;
use super::snippets::{self, Sdk};

/// At most so many users are printed.
const USERS: usize = 10;

/// What is printed once the server listens: everything to paste.
pub(super) fn banner(facts: &Facts) -> String {
    let mut text = String::from("\nCountersign is ready.\n\n");
    urls(facts, &mut text);
    clients(facts, &mut text);
    users(facts, &mut text);
    trust(facts, &mut text);
    settings(facts, &mut text);
    token(facts, &mut text);
    text.push_str("\nCtrl-C stops it; everything is kept for the next start.\n");
    text
}

fn urls(facts: &Facts, text: &mut String) {
    for issuer in facts.urls.https.iter().chain(&facts.urls.hosts).chain(&facts.urls.http) {
        let note = if issuer.is_https() || *issuer == facts.urls.issuer {
            ""
        } else {
            "  (for applications on http://localhost)"
        };
        let _ = writeln!(text, "  {issuer}{note}");
    }
    let _ = writeln!(text, "  {}.well-known/openid-configuration", facts.urls.issuer);
    let _ = writeln!(text, "  {}  (a login step by step, in your browser)", facts.urls.playground());
    for api in &facts.tenant.apis {
        let _ = writeln!(text, "  API {}  ({})", api.identifier, api.scopes.join(" "));
    }
}

fn clients(facts: &Facts, text: &mut String) {
    text.push_str("\nApplications\n");
    for client in &facts.tenant.clients {
        let _ = writeln!(text, "  {}", plain(&client.name));
        let _ = writeln!(text, "    client_id      {}", client.client_id);
        if let Some(secret) = &client.client_secret {
            let _ = writeln!(text, "    client_secret  {}", secret.expose());
        }
    }
}

fn users(facts: &Facts, text: &mut String) {
    let users = &facts.tenant.users;
    if users.is_empty() {
        return;
    }
    text.push_str("\nUsers\n");
    for user in users.iter().take(USERS) {
        let name = user.email.as_deref().or(user.username.as_deref()).unwrap_or(user.user_id.as_str());
        let password = facts.passwords.get(user.user_id.as_str());
        let password = password.map_or("(password not known in clear)", |known| known.expose().as_str());
        let _ = writeln!(text, "  {name}  {}", plain(password));
    }
    if users.len() > USERS {
        let _ = writeln!(text, "  and {} more: countersign users show", users.len() - USERS);
    }
}

fn trust(facts: &Facts, text: &mut String) {
    if facts.urls.https.is_none() {
        return;
    }
    let (ca, bundle) = (path(&facts.ca_file), path(&facts.bundle_file));
    let data = facts.ca_file.parent().filter(|data| !data.ends_with(".countersign"));
    let data = data.map_or_else(String::new, |data| format!(" --data {}", path(data)));
    let _ = write!(
        text,
        "\nTrust the local certificate authority (it can certify nothing but these domains)\n  \
         Node     export NODE_EXTRA_CA_CERTS={ca}\n  \
         Python   export SSL_CERT_FILE={bundle} REQUESTS_CA_BUNDLE={bundle}\n           \
         (the bundle also holds the system's roots, which these variables replace)\n  \
         curl     curl --cacert {ca} ...\n  \
         Browser  countersign trust install{data}, or accept the warning once\n"
    );
}

fn settings(facts: &Facts, text: &mut String) {
    let known = facts.with_cookie_secret();
    for sdk in [Sdk::Spa, Sdk::Nextjs, Sdk::Express, Sdk::Api] {
        let Some(pairs) = snippets::pairs(sdk, &known, None) else { continue };
        let _ = writeln!(text, "\n{}", sdk.title());
        for (name, value) in pairs {
            let _ = writeln!(text, "  {name}={}", quoted(&value));
        }
        if let Some(note) = sdk.note() {
            let _ = writeln!(text, "  # {note}");
        }
    }
    let names = Sdk::ALL.map(Sdk::name).join("|");
    let _ = writeln!(text, "\nThese and more as a file: countersign env {names} [--code]");
}

fn token(facts: &Facts, text: &mut String) {
    let Some((client, audience)) = &facts.machine else { return };
    let (Some(secret), issuer) = (&client.client_secret, &facts.urls.issuer) else { return };
    let trusted =
        if issuer.is_https() { format!(" --cacert {}", path(&facts.ca_file)) } else { String::new() };
    let _ = write!(
        text,
        "\nA token\n  curl -s{trusted} {} \\\n    -d grant_type=client_credentials -d client_id={} \\\n    \
         --data-urlencode client_secret={} --data-urlencode audience={}\n",
        token_url(issuer),
        client.client_id,
        quoted(secret.expose()),
        quoted(audience),
    );
}

fn token_url(issuer: &Issuer) -> String {
    issuer.endpoint("oauth/token")
}

fn path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// A word for a shell.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Without what would move a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The origin of a web URL.
pub(super) fn origin(url: &str) -> Option<&str> {
    let start = if url.starts_with("https://") { 8 } else { url.starts_with("http://").then_some(7)? };
    let end = url.get(start..)?.find('/').map_or(url.len(), |at| start + at);
    url.get(..end)
}

#[cfg(test)]
mod tests {
    use super::{origin, plain, quoted};

    #[test]
    fn what_is_printed_can_be_pasted() {
        assert_eq!(quoted("/home/ada/.countersign/ca.pem"), "/home/ada/.countersign/ca.pem");
        assert_eq!(quoted("/home/ada's/x y"), "'/home/ada'\\''s/x y'");
        assert_eq!(origin("http://localhost:3001/callback"), Some("http://localhost:3001"));
        assert_eq!(origin("https://localhost:3001"), Some("https://localhost:3001"));
        assert_eq!(origin("com.countersign.sample://callback"), None);
        assert_eq!(plain("a\u{1b}[2Jb"), "a[2Jb");
    }
}
