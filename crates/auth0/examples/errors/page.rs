//! From the list of rules to the page that explains them, each as the dialect dresses it.

use std::fmt::Write as _;

use countersign_auth0::{Dressed, Endpoint, dress};
use countersign_oauth::{Compliance, ErrorCode, OAuthError};

/// A rule as the list has it.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) places: Vec<Place>,
    pub(crate) code: String,
    /// The code of its row in the log, where it has one.
    pub(crate) event: Option<String>,
    pub(crate) section: String,
    /// The text without a dialect.
    pub(crate) text: String,
    pub(crate) advice: String,
}

/// Where a rule is answered.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    name: String,
    /// The status, where the dialect does not decide it.
    status: Option<u16>,
}

/// Reads the list.
pub(crate) fn parse(list: &str) -> Result<Vec<Rule>, String> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| rule(line).ok_or_else(|| format!("not a rule: {line}"))).collect()
}

fn rule(line: &str) -> Option<Rule> {
    let mut fields = line.split(" | ").map(str::trim);
    let mut next = || fields.next().filter(|field| !field.is_empty()).map(str::to_owned);
    let rule = Rule {
        id: next()?,
        places: places(&next()?)?,
        code: next()?,
        event: next().map(|event| Some(event).filter(|event| event != "-"))?,
        section: next()?,
        text: next()?,
        advice: next()?,
    };
    fields.next().is_none().then_some(rule)
}

fn places(text: &str) -> Option<Vec<Place>> {
    let place = |text: &str| match text.split_once('=') {
        None => Some(Place { name: text.to_owned(), status: None }),
        Some((name, status)) => Some(Place { name: name.to_owned(), status: Some(status.parse().ok()?) }),
    };
    text.split(' ').filter(|place| *place != "-").map(place).collect()
}

const HEAD: &str = "\
# Refusals

<!-- Generated: `cargo xtask docs --write`, from rules.txt -->

Every refusal has a rule, whose id never changes. The id stands on the error page, in the line of the log that the
request has, in the row of the log where there is one, and in development (`countersign dev`) also in the header
`Countersign-Rule` of every answer. In development page and log show what was compared, too.

At `/authorize` the status is that of the error page; where the client may be told, code and text go to its redirect
URI. Texts in braces are filled with the request's values. `auth0` and `rfc` are the values of the setting `compliance`;
where one answer is given, it holds for both.
";

/// The page of all rules, by kind.
pub(crate) fn page(rules: &[Rule]) -> String {
    let mut page = HEAD.to_owned();
    let mut kind = "";
    for rule in rules {
        let own = rule.id.split('.').next().unwrap_or_default();
        if own != kind {
            kind = own;
            let _ = write!(page, "\n## {kind}\n");
        }
        describe(rule, &mut page);
    }
    page
}

fn describe(rule: &Rule, page: &mut String) {
    let id = &rule.id;
    let _ = write!(page, "\n### <a id=\"{id}\"></a>`{id}`\n\n{}\n\n", rule.advice);
    for place in &rule.places {
        let _ = writeln!(page, "- {}: {}", title(&place.name), answer(rule, place));
    }
    let event = match &rule.event {
        Some(event) if event.contains(' ') => "; logged as the grant's failure".to_owned(),
        Some(event) => format!("; logged as `{event}`"),
        None => String::new(),
    };
    let source = match rule.section.as_str() {
        "Countersign" => "A rule of this server",
        section => section,
    };
    let _ = writeln!(page, "- {source}{event}");
}

fn title(place: &str) -> &str {
    match place {
        "token" => "endpoints of clients",
        "authorize" => "`/authorize` and its pages",
        "logout" => "logout",
        "userinfo" => "`/userinfo`",
        "login" => "the login page",
        _ => "everywhere",
    }
}

fn answer(rule: &Rule, place: &Place) -> String {
    if rule.code == "-" {
        return place.status.map_or_else(String::new, |status| status.to_string());
    }
    let endpoint = match place.name.as_str() {
        "authorize" => Endpoint::Authorize,
        "logout" => Endpoint::Logout,
        _ => Endpoint::Token,
    };
    let error = OAuthError::new(code(&rule.code), leak(&rule.id), leak(&rule.text));
    let shown = |compliance| spell(&dress(&error, endpoint, compliance), place.status);
    let (auth0, rfc) = (shown(Compliance::Auth0), shown(Compliance::Rfc));
    if auth0 == rfc { auth0 } else { format!("{auth0}; under `rfc` {rfc}") }
}

fn spell(dressed: &Dressed, status: Option<u16>) -> String {
    let status = status.unwrap_or(dressed.status);
    format!("{status} `{}`, “{}”", dressed.code, dressed.description)
}

/// The code of that name.
pub(crate) fn code(name: &str) -> ErrorCode {
    use ErrorCode::{
        AccessDenied, ConsentRequired, InsufficientScope, InteractionRequired, InvalidClient,
        InvalidDpopProof, InvalidGrant, InvalidRequest, InvalidScope, InvalidTarget, InvalidToken,
        LoginRequired, Other, ServerError, TemporarilyUnavailable, UnauthorizedClient, UnsupportedGrantType,
        UnsupportedResponseType, UnsupportedTokenType, UseDpopNonce,
    };
    let known = [
        InvalidRequest,
        InvalidClient,
        InvalidGrant,
        UnauthorizedClient,
        UnsupportedGrantType,
        UnsupportedResponseType,
        InvalidScope,
        InvalidTarget,
        AccessDenied,
        ServerError,
        TemporarilyUnavailable,
        LoginRequired,
        ConsentRequired,
        InteractionRequired,
        InvalidToken,
        InsufficientScope,
        UseDpopNonce,
        InvalidDpopProof,
        UnsupportedTokenType,
    ];
    let found = known.into_iter().find(|code| code.as_str() == name);
    found.unwrap_or_else(|| Other(name.to_owned().into()))
}

/// A refusal's texts live as long as the program; this one makes a page and ends.
fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}
