use std::fmt::Write as _;
use std::path::Path;

use countersign_management::DescribedClient;
use countersign_oauth::Issuer;
use countersign_storage::AppType;

use super::ready::{Facts, base};

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
    let (ca, bundle) = (quoted(&facts.ca_file), quoted(&facts.bundle_file));
    let data = facts.ca_file.parent().filter(|data| !data.ends_with(".countersign"));
    let data = data.map_or_else(String::new, |data| format!(" --data {}", quoted(data)));
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
    let of_type = |wanted| facts.tenant.clients.iter().find(|client| client.app_type == Some(wanted));
    let domain = facts.urls.issuer.authority();
    if let Some(spa) = of_type(AppType::Spa) {
        let _ = write!(
            text,
            "\n.env of a single-page app (@auth0/auth0-react, -vue, -spa-js with Vite)\n  \
             VITE_AUTH0_DOMAIN={domain}\n  VITE_AUTH0_CLIENT_ID={}\n",
            spa.client_id
        );
        if let Some(http) = facts.urls.http.as_ref().filter(|http| **http != facts.urls.issuer) {
            let _ = writeln!(text, "  # where the app itself is on http: VITE_AUTH0_DOMAIN={}", base(http));
        }
    }
    if let Some(web) = of_type(AppType::RegularWeb) {
        web_settings(web, facts, text);
    }
    if let Some(api) = facts.tenant.apis.first() {
        let _ = write!(
            text,
            "\n.env of an API (express-oauth2-jwt-bearer)\n  ISSUER_BASE_URL={}\n  AUDIENCE={}\n",
            base(&facts.urls.issuer),
            api.identifier
        );
    }
}

fn web_settings(web: &DescribedClient, facts: &Facts, text: &mut String) {
    let (issuer, domain) = (&facts.urls.issuer, facts.urls.issuer.authority());
    let secret = web.client_secret.as_ref().map_or("", |secret| secret.expose().as_str());
    let cookie = facts.cookie_secret.expose();
    let own = web.callbacks.first().and_then(|url| origin(url)).unwrap_or("http://localhost:3001");
    let id = &web.client_id;
    let _ = write!(
        text,
        "\n.env.local of a Next.js app (@auth0/nextjs-auth0)\n  \
         AUTH0_DOMAIN={domain}\n  AUTH0_CLIENT_ID={id}\n  AUTH0_CLIENT_SECRET={secret}\n  \
         AUTH0_SECRET={cookie}\n  APP_BASE_URL={own}\n\
         \n.env of an Express app (express-openid-connect)\n  \
         ISSUER_BASE_URL={}\n  CLIENT_ID={id}\n  CLIENT_SECRET={secret}\n  SECRET={cookie}\n  BASE_URL={own}\n\
         \n.env of a Python app (auth0-python, Authlib)\n  \
         AUTH0_DOMAIN={domain}\n  AUTH0_CLIENT_ID={id}\n  AUTH0_CLIENT_SECRET={secret}\n  APP_SECRET_KEY={cookie}\n",
        base(issuer),
    );
}

fn token(facts: &Facts, text: &mut String) {
    let Some((client, audience)) = &facts.machine else { return };
    let (Some(secret), issuer) = (&client.client_secret, &facts.urls.issuer) else { return };
    let trusted =
        if issuer.is_https() { format!(" --cacert {}", quoted(&facts.ca_file)) } else { String::new() };
    let _ = write!(
        text,
        "\nA token\n  curl -s{trusted} {} \\\n    -d grant_type=client_credentials -d client_id={} \\\n    \
         --data-urlencode client_secret={} --data-urlencode audience={}\n",
        token_url(issuer),
        client.client_id,
        quoted(Path::new(secret.expose())),
        quoted(Path::new(audience)),
    );
}

fn token_url(issuer: &Issuer) -> String {
    issuer.endpoint("oauth/token")
}

/// A word for a shell.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    if text.chars().all(is_plain) { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Without what would move a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn origin(url: &str) -> Option<&str> {
    let start = url.find("://")? + 3;
    let end = url.get(start..)?.find('/').map_or(url.len(), |at| start + at);
    url.get(..end)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{origin, plain, quoted};

    #[test]
    fn what_is_printed_can_be_pasted() {
        assert_eq!(quoted(Path::new("/home/ada/.countersign/ca.pem")), "/home/ada/.countersign/ca.pem");
        assert_eq!(quoted(Path::new("/home/ada's/x y")), "'/home/ada'\\''s/x y'");
        assert_eq!(origin("http://localhost:3001/callback"), Some("http://localhost:3001"));
        assert_eq!(origin("https://localhost:3001"), Some("https://localhost:3001"));
        assert_eq!(plain("a\u{1b}[2Jb"), "a[2Jb");
    }
}
