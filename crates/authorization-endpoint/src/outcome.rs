use countersign_jose::encode_base64url;
use countersign_oauth::{
    Compliance, Handle, HandleHash, OAuthError, Parameters, RequestContext, SecureRandom, Timestamp,
};

use crate::{Answer, ErrorPage, Interaction};

/// What a browser shows of itself: our cookies, each with every value that was sent under its name.
#[derive(Clone, Default)]
pub struct Browser {
    /// Values of the session cookie; several different ones count as none.
    pub session: Vec<String>,
    /// Values of the cookie that binds transactions to a browser.
    pub binding: Vec<String>,
}

impl Browser {
    /// The binding of the browser, and the cookie that makes it known where it was not.
    #[must_use]
    pub fn bind(&self, random: &dyn SecureRandom) -> (Handle, Option<CookieChange>) {
        match self.binding.as_slice() {
            [known] if known.len() == 43 => (Handle::restore(known), None),
            _ => {
                let fresh = Handle::generate(random);
                (fresh.clone(), Some(CookieChange::Binding(fresh)))
            }
        }
    }

    /// What a sealed form keeps of a binding.
    #[must_use]
    pub fn hash_of(binding: &Handle) -> String {
        encode_base64url(binding.hash().as_bytes())
    }

    /// Whether this is the browser whose binding has that hash. Several bindings are none.
    #[must_use]
    pub fn is(&self, hash: &str) -> bool {
        match self.binding.as_slice() {
            [binding] => encode_base64url(HandleHash::of(binding).as_bytes()) == hash,
            _ => false,
        }
    }
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A session's cookie is the session.
        f.write_str("[redacted]")
    }
}

/// An authorization request as it came, by GET or POST (OpenID Connect Core §3.1.2.1).
#[derive(Debug)]
pub struct AuthorizeRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Query or form parameters.
    pub parameters: Parameters,
    /// Cookies.
    pub browser: Browser,
    /// Time, domain and address.
    pub context: RequestContext,
}

/// What to do with our cookies.
#[derive(Debug, Clone)]
pub enum CookieChange {
    /// A session began or its end moved.
    Session {
        /// The cookie's value.
        handle: Handle,
        /// When it ends, for a cookie that outlives the browser.
        expires_at: Option<Timestamp>,
    },
    /// The session is over.
    EndSession,
    /// This browser is now known.
    Binding(Handle),
}

/// What the browser gets.
#[derive(Debug)]
pub enum Shown {
    /// A page that asks something.
    Interaction(Interaction),
    /// The answer to the client.
    Answer(Answer),
    /// A place that the tenant's own code sends the user to; the browser comes back to `/continue`.
    Elsewhere {
        /// The whole URL, http or https, with the `state` that comes back.
        url: String,
    },
    /// The error page; never with a `Location`.
    ErrorPage {
        /// What to show.
        page: ErrorPage,
        /// The profile that dresses it.
        compliance: Compliance,
    },
}

/// What the endpoint decided.
#[derive(Debug)]
pub struct Outcome {
    /// What the browser gets.
    pub shown: Shown,
    /// What happens to our cookies.
    pub cookies: Vec<CookieChange>,
}

impl Outcome {
    pub(crate) fn page(error: OAuthError, context: &RequestContext, compliance: Compliance) -> Self {
        let tracking = context.request_id.clone();
        let page = ErrorPage { error, tracking, client_id: None, connection: None };
        Self { shown: Shown::ErrorPage { page, compliance }, cookies: Vec::new() }
    }

    pub(crate) fn answer(answer: Answer) -> Self {
        Self { shown: Shown::Answer(answer), cookies: Vec::new() }
    }

    pub(crate) fn elsewhere(url: String) -> Self {
        Self { shown: Shown::Elsewhere { url }, cookies: Vec::new() }
    }

    pub(crate) fn interaction(interaction: Interaction) -> Self {
        Self { shown: Shown::Interaction(interaction), cookies: Vec::new() }
    }

    /// Tells an error page what the request named. Of a name that was repeated nothing is certain.
    pub(crate) fn about(mut self, parameters: &Parameters) -> Self {
        if let Shown::ErrorPage { page, .. } = &mut self.shown {
            let named = |name: &str| {
                let value = parameters.find(name).filter(|_| !parameters.is_repeated(name));
                value.map(|value| value.chars().take(128).collect())
            };
            page.client_id = named("client_id");
            page.connection = named("connection");
        }
        self
    }

    pub(crate) fn with_cookie(mut self, cookie: CookieChange) -> Self {
        self.cookies.push(cookie);
        self
    }
}
