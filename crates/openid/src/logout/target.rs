use countersign_oauth::{Compliance, RedirectUri, RegisteredUri};

/// Longer targets are refused, so that the answer's URL is bounded.
const MAX_BYTES: usize = 4096;

/// Where the browser goes after logout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogoutTarget {
    /// Up to the fragment.
    pub(crate) uri: RedirectUri,
    /// With its `#`, or empty.
    fragment: String,
}

impl LogoutTarget {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (before, fragment) = split(text);
        Some(Self { uri: RedirectUri::parse(before).ok()?, fragment: fragment.to_owned() })
    }

    /// The URL, with the `state` if there is one (OpenID Connect RP-Initiated Logout §2).
    pub(crate) fn location(&self, state: Option<&str>) -> String {
        let uri = match state {
            None => self.uri.as_str().to_owned(),
            Some(state) => self.uri.with_query(&countersign_oauth::encode_query(&[("state", state)])),
        };
        format!("{uri}{}", self.fragment)
    }

    /// Whether an entry is this URL, query and fragment included (core §7.2).
    ///
    /// Default profile: the letter case of scheme and host is free, and a `*` may stand in the host. Under
    /// `rfc` the strings are identical.
    pub(crate) fn is(&self, entry: &str, compliance: Compliance) -> bool {
        let (before, fragment) = split(entry);
        if fragment != self.fragment {
            return false;
        }
        if compliance.is_rfc() {
            return before == self.uri.as_str() && !before.contains('*');
        }
        RegisteredUri::parse(before).is_ok_and(|entry| entry.matches(&self.uri))
    }

    /// Whether an entry is this URL, query and fragment apart (core §7.1).
    pub(crate) fn is_but_for_the_query(&self, entry: &str) -> bool {
        let bare = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
        let target = RedirectUri::parse(&bare(self.uri.as_str()));
        let entry = RegisteredUri::parse(&bare(entry));
        entry.is_ok_and(|entry| target.is_ok_and(|target| entry.matches(&target)))
    }
}

/// The first entry that is a URL and no pattern.
pub(crate) fn first(allowed: &[String]) -> Option<LogoutTarget> {
    let exact = |entry: &&String| RegisteredUri::parse(entry).is_ok_and(|entry| entry.exact().is_some());
    allowed.iter().find(exact).and_then(|entry| LogoutTarget::parse(entry))
}

fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find('#').unwrap_or(text.len()))
}
