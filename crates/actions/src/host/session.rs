use countersign_oauth::Timestamp;
use serde_json::Value;

use super::{Answer, Arguments, Host};
use crate::failure::shown;

impl Host {
    pub(super) fn revoke_session(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        self.session(arguments)?;
        let (reason, options) = (arguments.optional_text(), arguments.object());
        let session = &mut self.verdict.session;
        session.revoke = Some(shown(&reason, &self.secrets));
        session.preserve_refresh_tokens =
            options.get("preserveRefreshTokens").and_then(Value::as_bool).unwrap_or_default();
        Ok(None)
    }

    pub(super) fn set_session_end(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        self.session(arguments)?;
        let millis = arguments.value().as_f64().filter(|millis| millis.is_finite() && *millis > 0.0);
        let millis = millis.ok_or_else(|| format!("{} takes milliseconds", arguments.op()))?;
        let at = Some(Timestamp::from_millis(millis as i64));
        if arguments.op() == "session.setExpiresAt" {
            self.verdict.session.expires_at = at;
        } else {
            self.verdict.session.idle_expires_at = at;
        }
        Ok(None)
    }

    pub(super) fn revoke_refresh_token(&mut self, arguments: &mut Arguments<'_>) -> Answer {
        if !self.facts.is_refresh {
            return Err("refreshToken.revoke is for the exchange of a refresh token".to_owned());
        }
        self.verdict.revoke_refresh_token = Some(shown(&arguments.optional_text(), &self.secrets));
        Ok(None)
    }

    fn session(&self, arguments: &Arguments<'_>) -> Result<(), String> {
        if self.facts.has_session { Ok(()) } else { Err(format!("{}: there is no session", arguments.op())) }
    }
}
