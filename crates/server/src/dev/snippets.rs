//! What to paste into an application: its environment, and the few lines that use it, by SDK.

use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use super::DataDir;
use super::banner::{origin, quoted};
use crate::apply::one;
use crate::{Ended, Failure, files};

/// What the last start of `countersign dev` wrote about itself into its folder.
pub(super) const FACTS_FILE: &str = "facts.json";

/// An SDK that there is a snippet for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    /// `@auth0/auth0-spa-js`, and `auth0-react`, `auth0-vue` and `auth0-angular`, which stand on it.
    Spa,
    /// `@auth0/nextjs-auth0`
    Nextjs,
    /// `express-openid-connect`
    Express,
    /// `express-oauth2-jwt-bearer`
    Api,
    /// `auth0` for Node
    Node,
    /// `auth0-python`
    Python,
}

impl Sdk {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Spa, Self::Nextjs, Self::Express, Self::Api, Self::Node, Self::Python];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spa => "spa",
            Self::Nextjs => "nextjs",
            Self::Express => "express",
            Self::Api => "api",
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    /// The file, and whose it is.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Spa => ".env of a single-page app (@auth0/auth0-spa-js, -react, -vue with Vite)",
            Self::Nextjs => ".env.local of a Next.js app (@auth0/nextjs-auth0)",
            Self::Express => ".env of an Express app (express-openid-connect)",
            Self::Api => ".env of an API (express-oauth2-jwt-bearer)",
            Self::Node => ".env of a program in Node (auth0)",
            Self::Python => ".env of a program in Python (auth0-python)",
        }
    }

    /// What the environment cannot say, where an application without it is refused.
    pub(super) fn note(self) -> Option<&'static str> {
        match self {
            // Its default is an ID token straight from the login page, by the implicit grant.
            Self::Express => Some("in the app: auth({ authorizationParams: { response_type: 'code' } })"),
            // Without it the port of this server, and http, are refused.
            Self::Nextjs => {
                Some("in the app: new Auth0Client({ allowInsecureRequests: true }), not in production")
            }
            Self::Spa | Self::Api | Self::Node | Self::Python => None,
        }
    }

    /// The lines of code that use that environment.
    fn code(self) -> &'static str {
        match self {
            Self::Spa => include_str!("snippets/spa.js"),
            Self::Nextjs => include_str!("snippets/nextjs.js"),
            Self::Express => include_str!("snippets/express.mjs"),
            Self::Api => include_str!("snippets/api.mjs"),
            Self::Node => include_str!("snippets/node.mjs"),
            Self::Python => include_str!("snippets/python.py"),
        }
    }

    /// The kind of application that its environment names.
    fn app_type(self) -> Option<&'static str> {
        match self {
            Self::Spa => Some("spa"),
            Self::Nextjs | Self::Express => Some("regular_web"),
            Self::Node | Self::Python => Some("non_interactive"),
            Self::Api => None,
        }
    }
}

/// The options of `countersign env`.
#[derive(Debug, Clone)]
pub struct EnvOptions {
    /// The folder of `countersign dev`.
    pub data: PathBuf,
    /// The SDK.
    pub sdk: Sdk,
    /// Which client, by id or name, instead of the oldest of its kind.
    pub client: Option<String>,
    /// Whether to print the code instead.
    pub code: bool,
}

/// `countersign env`: prints the environment of an application for an SDK, or the code that uses it.
///
/// # Errors
/// When no server was started with that folder, or its tenant has no such client.
pub fn env(options: &EnvOptions, out: &mut dyn Write) -> Result<Ended, Vec<Failure>> {
    let text =
        if options.code { options.sdk.code().to_owned() } else { environment(options).map_err(one)? };
    // Who closed the pipe does not want to read it.
    let _ = out.write_all(text.as_bytes());
    Ok(Ended::Done)
}

fn environment(options: &EnvOptions) -> Result<String, Failure> {
    let never = || {
        let text = format!("{} has seen no `countersign dev` yet", options.data.display());
        Failure::of("--data", text)
    };
    let bytes = files::read(&DataDir::new(&options.data).file(FACTS_FILE))?.ok_or_else(never)?;
    let facts: Value = serde_json::from_slice(&bytes).map_err(|_| never())?;
    let pairs = pairs(options.sdk, &facts, options.client.as_deref());
    let pairs = pairs.ok_or_else(|| match &options.client {
        Some(client) => Failure::of("--client", format!("the tenant has no `{client}` to use there")),
        None => Failure::new(format!("the tenant has nothing for {}", options.sdk.name())),
    })?;
    let lines = pairs.iter().map(|(name, value)| format!("{name}={}\n", quoted(value)));
    let trust = trust(options.sdk, &facts);
    let trust = trust.iter().map(|(name, value)| format!("{name}={}\n", quoted(value)));
    let note = options.sdk.note().map(|note| format!("# {note}\n")).unwrap_or_default();
    Ok(format!("# {}\n{note}{}", options.sdk.title(), lines.chain(trust).collect::<String>()))
}

/// What the variables are made of.
struct Known {
    /// The issuer without its slash.
    base: String,
    /// The http domain, if there is one.
    http: Option<String>,
    /// The identifier of the first API.
    api: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    /// Where the application itself is: the origin of its first callback on the web.
    own: Option<String>,
    /// For its cookies.
    cookie: Option<String>,
}

impl Known {
    fn read(sdk: Sdk, facts: &Value, client: Option<&str>) -> Option<Self> {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let client = find_client(sdk, facts, client);
        let callbacks = client.and_then(|client| client.get("callbacks")?.as_array());
        let mut urls = callbacks.into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            base: text(facts, "issuer")?.trim_end_matches('/').to_owned(),
            http: text(facts, "http"),
            api: facts.get("apis").and_then(|apis| text(apis.get(0)?, "identifier")),
            client_id: client.and_then(|client| text(client, "client_id")),
            client_secret: client.and_then(|client| text(client, "client_secret")),
            own: urls.find_map(origin).map(str::to_owned),
            cookie: text(facts, "cookie_secret"),
        })
    }
}

/// The variables of an SDK, as its documentation names them; `None` where the tenant lacks what they need.
pub(super) fn pairs(sdk: Sdk, facts: &Value, client: Option<&str>) -> Option<Vec<(&'static str, String)>> {
    let Known { base, http, api, client_id, client_secret, own, cookie } = Known::read(sdk, facts, client)?;
    let domain = base.strip_prefix("https://").unwrap_or(&base).to_owned();
    // Browsers send no cookies from a page on http to a frame on https, so both are on one scheme.
    let http = http.filter(|_| own.as_ref().is_some_and(|own| own.starts_with("http://")));
    Some(match sdk {
        Sdk::Spa => {
            let pairs = [("VITE_AUTH0_DOMAIN", http.unwrap_or(domain)), ("VITE_AUTH0_CLIENT_ID", client_id?)];
            pairs.into_iter().chain(api.map(|api| ("VITE_AUTH0_AUDIENCE", api))).collect()
        }
        Sdk::Nextjs => vec![
            // It takes a port only within a URL, and Next.js reads this file too late to trust our authority.
            ("AUTH0_DOMAIN", http.unwrap_or(base)),
            ("AUTH0_CLIENT_ID", client_id?),
            ("AUTH0_CLIENT_SECRET", client_secret?),
            ("AUTH0_SECRET", cookie?),
            ("APP_BASE_URL", own?),
        ],
        Sdk::Express => vec![
            ("ISSUER_BASE_URL", base),
            ("CLIENT_ID", client_id?),
            ("CLIENT_SECRET", client_secret?),
            ("SECRET", cookie?),
            ("BASE_URL", own?),
        ],
        Sdk::Api => vec![("ISSUER_BASE_URL", base), ("AUDIENCE", api?), ("PORT", "3010".to_owned())],
        Sdk::Node | Sdk::Python => vec![
            ("AUTH0_DOMAIN", domain),
            ("AUTH0_CLIENT_ID", client_id?),
            ("AUTH0_CLIENT_SECRET", client_secret?),
            ("AUTH0_AUDIENCE", api?),
        ],
    })
}

/// The variables that make its runtime trust the local authority.
fn trust(sdk: Sdk, facts: &Value) -> Vec<(&'static str, String)> {
    let file = |key: &str| facts.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match sdk {
        Sdk::Spa => Vec::new(),
        Sdk::Nextjs | Sdk::Express | Sdk::Api | Sdk::Node => vec![("NODE_EXTRA_CA_CERTS", file("ca_file"))],
        Sdk::Python => {
            vec![("SSL_CERT_FILE", file("bundle_file")), ("REQUESTS_CA_BUNDLE", file("bundle_file"))]
        }
    }
}

fn find_client<'a>(sdk: Sdk, facts: &'a Value, wanted: Option<&str>) -> Option<&'a Value> {
    let text = |client: &Value, key: &str| client.get(key).and_then(Value::as_str).map(str::to_owned);
    facts.get("clients")?.as_array()?.iter().find(|client| match wanted {
        Some(wanted) => ["client_id", "name"].iter().any(|key| text(client, key).as_deref() == Some(wanted)),
        None => text(client, "app_type").as_deref() == sdk.app_type(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Sdk, environment, pairs};
    use crate::dev::{DataDir, EnvOptions};

    fn facts() -> serde_json::Value {
        json!({
            "issuer": "https://localhost:3443/", "http": "http://localhost:3000", "ca_file": "/data/ca.pem",
            "bundle_file": "/data/bundle.pem", "cookie_secret": "c00k1e",
            "apis": [{ "identifier": "https://api.test", "scopes": [] }],
            "clients": [
                { "name": "Page", "client_id": "page", "app_type": "spa",
                  "callbacks": ["http://localhost:5173", "https://localhost:5173"] },
                { "name": "Secure Page", "client_id": "secure", "app_type": "spa",
                  "callbacks": ["https://localhost:5173"] },
                { "name": "Web", "client_id": "web", "client_secret": "s3 cret", "app_type": "regular_web",
                  "callbacks": ["com.app://x", "http://localhost:3001/callback"] },
            ],
        })
    }

    fn value(sdk: Sdk, client: Option<&str>, name: &str) -> Option<String> {
        pairs(sdk, &facts(), client)?.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    #[test]
    fn a_page_gets_the_domain_of_its_own_scheme() {
        let domain = |client| value(Sdk::Spa, client, "VITE_AUTH0_DOMAIN").unwrap();
        assert_eq!(domain(None), "http://localhost:3000");
        assert_eq!(domain(Some("Secure Page")), "localhost:3443");
    }

    #[test]
    fn next_js_gets_a_url_because_its_sdk_takes_no_port_beside_a_name() {
        let mut facts = facts();
        let domain = |facts: &serde_json::Value| pairs(Sdk::Nextjs, facts, None).unwrap().swap_remove(0);
        assert_eq!(domain(&facts), ("AUTH0_DOMAIN", "http://localhost:3000".to_owned()));
        facts.as_object_mut().unwrap().remove("http");
        assert_eq!(domain(&facts), ("AUTH0_DOMAIN", "https://localhost:3443".to_owned()));
    }

    #[test]
    fn what_the_tenant_lacks_is_not_made_up() {
        assert_eq!(value(Sdk::Express, None, "CLIENT_ID").as_deref(), Some("web"));
        assert!(pairs(Sdk::Node, &facts(), None).is_none(), "there is no machine client");
        assert!(pairs(Sdk::Nextjs, &facts(), Some("page")).is_none(), "a public client has no secret");
        assert!(pairs(Sdk::Spa, &facts(), Some("nobody")).is_none());
    }

    #[test]
    fn the_file_is_one_that_a_shell_reads_and_a_folder_without_a_start_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            EnvOptions { data: folder.path().to_owned(), sdk: Sdk::Express, client: None, code: false };
        assert_eq!(environment(&options).unwrap_err().setting.as_deref(), Some("--data"));
        std::fs::write(DataDir::new(folder.path()).file(super::FACTS_FILE), facts().to_string()).unwrap();
        let text = environment(&options).unwrap();
        assert!(text.starts_with("# .env of an Express app"), "{text}");
        assert!(
            text.contains("\n# in the app: auth({ authorizationParams: { response_type: 'code' } })\n"),
            "{text}"
        );
        assert!(text.contains("\nCLIENT_SECRET='s3 cret'\n"), "{text}");
        assert!(text.ends_with("NODE_EXTRA_CA_CERTS=/data/ca.pem\n"), "{text}");
    }
}
