//! What is measured, in the words of each server.

use crate::browser::Browser;
use crate::connection::{Connection, form, request};
use crate::script::{Script, TokenCall, code_of};

pub(crate) const ACCOUNT: (&str, &str) = ("ada@example.test", "correct horse battery");
const CALLBACK: &str = "https://shop.example.test/callback";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    ClientCredentials(Algorithm),
    /// A browser with a session: code, then access and ID token.
    Login(Algorithm),
    /// A rotating refresh token: access, ID and refresh token.
    Refresh,
    Userinfo,
    Jwks,
}

pub(crate) const ALL: [Workload; 7] = [
    Workload::ClientCredentials(Algorithm::Rs256),
    Workload::ClientCredentials(Algorithm::Es256),
    Workload::Login(Algorithm::Rs256),
    Workload::Login(Algorithm::Es256),
    Workload::Refresh,
    Workload::Userinfo,
    Workload::Jwks,
];

impl Workload {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials(Algorithm::Rs256) => "client credentials, RS256",
            Self::ClientCredentials(Algorithm::Es256) => "client credentials, ES256",
            Self::Login(Algorithm::Rs256) => "login with a session, RS256",
            Self::Login(Algorithm::Es256) => "login with a session, ES256",
            Self::Refresh => "refresh, rotating, ES256",
            Self::Userinfo => "userinfo",
            Self::Jwks => "JWKS",
        }
    }
}

/// How a server calls its endpoints.
#[derive(Clone, Copy)]
pub(crate) struct Speech {
    authorize: &'static str,
    pub(crate) token: &'static str,
    userinfo: &'static str,
    jwks: &'static str,
    /// The parameter that names an API.
    api: &'static str,
    /// What makes the server give a refresh token, beside the scope.
    offline: &'static str,
}

pub(crate) const OURS: Speech = Speech {
    authorize: "/authorize",
    token: "/oauth/token",
    userinfo: "/userinfo",
    jwks: "/.well-known/jwks.json",
    api: "audience",
    offline: "",
};

pub(crate) const PEERS: Speech = Speech {
    authorize: "/auth",
    token: "/token",
    userinfo: "/me",
    jwks: "/jwks",
    api: "resource",
    offline: "&prompt=consent",
};

fn audience(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rs256 => "https://rs256.example.test",
        Algorithm::Es256 => "https://es256.example.test",
    }
}

fn shop(algorithm: Algorithm) -> (&'static str, &'static str) {
    let id = match algorithm {
        Algorithm::Rs256 => "BenchShopRs256000000000000000001",
        Algorithm::Es256 => "BenchShopEs256000000000000000001",
    };
    (id, "bench-secret-of-the-shop-0123456789abcdef0123456789abc")
}

impl Speech {
    /// The script of one connection, ready to run: a browser is logged in, a refresh token at hand.
    pub(crate) fn script(self, workload: Workload, port: u16) -> Result<Script, String> {
        match workload {
            Workload::ClientCredentials(algorithm) => Ok(self.client_credentials(port, algorithm)),
            Workload::Jwks => {
                let request = request(port, &format!("GET {}", self.jwks), &[], None);
                Ok(Script::Fixed { request, status: 200 })
            }
            Workload::Login(algorithm) => {
                let path = self.authorize(algorithm, "openid profile email read:items", true);
                let mut browser = Browser::new(port)?;
                browser.log_in(&path, ACCOUNT)?;
                let authorize = request(port, &format!("GET {path}"), &[browser.cookie_header()], None);
                Ok(Script::Login { authorize, token: self.redeem(port, algorithm), code: None })
            }
            Workload::Refresh => {
                let path = self.authorize(Algorithm::Es256, "openid read:items offline_access", true);
                let tokens = self.tokens(port, &format!("{path}{}", self.offline))?;
                let (client_id, client_secret) = shop(Algorithm::Es256);
                let form = form(&[
                    ("grant_type", "refresh_token"),
                    ("client_id", client_id),
                    ("client_secret", client_secret),
                ]);
                let token = TokenCall { port, path: self.token.to_owned(), form };
                Ok(Script::Refresh { token, refresh_token: tokens.member("refresh_token")? })
            }
            Workload::Userinfo => {
                let path = self.authorize(Algorithm::Es256, "openid profile email", false);
                let access_token = self.tokens(port, &path)?.member("access_token")?;
                let header = format!("Authorization: Bearer {access_token}");
                let request = request(port, &format!("GET {}", self.userinfo), &[header], None);
                Ok(Script::Fixed { request, status: 200 })
            }
        }
    }

    fn client_credentials(self, port: u16, algorithm: Algorithm) -> Script {
        let body = form(&[
            ("grant_type", "client_credentials"),
            ("client_id", "BenchMachine00000000000000000001"),
            ("client_secret", "bench-secret-of-the-machine-0123456789abcdef0123456789"),
            (self.api, audience(algorithm)),
            ("scope", "read:items"),
        ]);
        let request = request(port, &format!("POST {}", self.token), &[], Some(&body));
        Script::Fixed { request, status: 200 }
    }

    fn authorize(self, algorithm: Algorithm, scope: &str, with_api: bool) -> String {
        let mut pairs = vec![
            ("client_id", shop(algorithm).0),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", scope),
            ("state", "c3RhdGUgb2YgdGhlIHNob3A"),
            ("nonce", "bm9uY2Ugb2YgdGhlIHNob3A"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        if with_api {
            pairs.push((self.api, audience(algorithm)));
        }
        format!("{}?{}", self.authorize, form(&pairs))
    }

    fn redeem(self, port: u16, algorithm: Algorithm) -> TokenCall {
        let (client_id, client_secret) = shop(algorithm);
        let form = form(&[
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("client_secret", client_secret),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]);
        TokenCall { port, path: self.token.to_owned(), form }
    }

    /// Logs in and redeems the code.
    fn tokens(self, port: u16, path: &str) -> Result<crate::connection::Answer, String> {
        let code = code_of(&Browser::new(port)?.log_in(path, ACCOUNT)?)?;
        let mut connection = Connection::open(port)?;
        connection.send(&self.redeem(port, Algorithm::Es256).with("code", &code))?;
        connection.receive()?.expect(200)
    }
}
