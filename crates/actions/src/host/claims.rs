use countersign_oauth::Scope;
use countersign_users::ScopeEdit;
use serde_json::{Map, Value};

use super::{Answer, Arguments, Host};
use crate::failure::Failure;

/// All claims of a token that scripts set may have so many bytes (core contract §4.4).
const CLAIMS: usize = 100 * 1000;
/// The metadata that a login sets may have so many bytes.
const METADATA: usize = 16 * 1024;
/// As many edits of the scopes may there be.
const EDITS: usize = 200;

impl Host {
    pub(super) fn set_claim(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let of_access_token = arguments.op() == "accessToken.setCustomClaim";
        let (name, value) = (named(arguments)?, arguments.value());
        let verdict = &mut self.verdict;
        let claims =
            if of_access_token { &mut verdict.access_token_claims } else { &mut verdict.id_token_claims };
        claims.insert(name, value);
        if size(claims) > CLAIMS { self.fail(Failure::TooLarge) } else { Ok(None) }
    }

    pub(super) fn edit_scope(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let text = arguments.text()?;
        let scope = Scope::parse(&text).ok().filter(|scope| !scope.is_empty());
        let scope = scope.ok_or_else(|| format!("{} takes a scope", arguments.op()))?;
        if self.verdict.scopes.len() >= EDITS {
            return self.fail(Failure::TooLarge);
        }
        if arguments.op() == "accessToken.addScope" {
            self.verdict.scopes.push(ScopeEdit::Add(scope));
        } else {
            self.verdict.scopes.extend(scope.iter().map(|name| ScopeEdit::Remove(name.to_owned())));
        }
        Ok(None)
    }

    pub(super) fn set_metadata(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        let (name, value) = (named(arguments)?, arguments.value());
        let verdict = &mut self.verdict;
        let metadata = match arguments.op() {
            "user.setUserMetadata" => &mut verdict.user_metadata,
            "user.setAppMetadata" => &mut verdict.app_metadata,
            _ => &mut verdict.transaction_metadata,
        };
        metadata.insert(name, value);
        if size(metadata) > METADATA { self.fail(Failure::TooLarge) } else { Ok(None) }
    }
}

fn named(arguments: &mut Arguments<'_>) -> Result<String, String> {
    let name = arguments.text()?;
    if name.is_empty() { Err(format!("{} takes a name", arguments.op())) } else { Ok(name) }
}

/// How long the members are as JSON; close enough for a limit.
fn size(members: &Map<String, Value>) -> usize {
    members.iter().map(|(name, value)| name.len() + 4 + value.to_string().len()).sum()
}
