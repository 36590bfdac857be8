use countersign_oauth::{GrantType, Timestamp};
use countersign_storage::{
    Authorization, Client, ClientGrant, Connection, Consent, Requirement, ResourceServer,
    Session as SessionRecord, SubjectType, User,
};
use countersign_users::{SessionLimits, is_alive};

use crate::{GateRefusal, allowed_scopes};

/// For whom something is issued.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A user, as found now.
    User(Option<&'a User>),
    /// A user who is made in the same commit.
    New(&'a User),
    /// The client itself.
    Client,
}

/// What the issuance has to do with a session.
#[derive(Debug, Clone, Copy)]
pub enum Session<'a> {
    /// It outlives its session, or has none.
    Independent,
    /// It dies with the session, so the session must be alive now (rule G1).
    Required(Option<&'a SessionRecord>, SessionLimits),
    /// It makes the session in the same commit.
    New,
}

/// Everything that decides whether something may be issued, as found now.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The time of the request.
    pub now: Timestamp,
    /// The client.
    pub client: &'a Client,
    /// The grant that the client uses.
    pub grant_type: &'a GrantType,
    /// For whom.
    pub subject: Subject<'a>,
    /// The API, if any.
    pub api: Option<&'a ResourceServer>,
    /// The client's grant for the API and this kind of subject, if there is one.
    pub client_grant: Option<&'a ClientGrant>,
    /// The session.
    pub session: Session<'a>,
    /// The connection that the user comes from, where the client must have it enabled.
    pub connection: Option<&'a Connection>,
    /// The authorization it hangs from, if it exists already.
    pub authorization: Option<&'a Authorization>,
    /// The consent it rests on. `Some(None)` means that one is needed and there is none.
    pub consent: Option<Option<&'a Consent>>,
}

/// Proof that the gate said yes, and what must still be true at commit. Only the gate makes one.
#[derive(Debug, Clone)]
pub struct Pass {
    requires: Vec<Requirement>,
}

impl Pass {
    /// What must still be true when the issuance commits.
    #[must_use]
    pub fn requires(&self) -> &[Requirement] {
        &self.requires
    }
}

impl Case<'_> {
    /// Asks whether this may be issued, now. Every path that makes a token, code or session asks here.
    ///
    /// # Errors
    /// [`GateRefusal`] naming the first rule broken.
    pub fn pass(&self) -> Result<Pass, GateRefusal> {
        let mut requires = vec![self.client.requirement()];
        if !self.client.settings.allows_grant(self.grant_type) {
            return Err(GateRefusal::GrantNotAllowed(self.grant_type.clone()));
        }
        let subject_type = match self.subject {
            Subject::Client => SubjectType::Client,
            Subject::User(None) => return Err(GateRefusal::UserMissing),
            Subject::User(Some(user)) | Subject::New(user) if user.blocked => {
                return Err(GateRefusal::UserBlocked);
            }
            Subject::New(_) => SubjectType::User,
            Subject::User(Some(user)) => {
                requires.push(user.requirement());
                SubjectType::User
            }
        };
        if let Session::Required(session, limits) = self.session {
            let alive = session.filter(|session| is_alive(session, &limits, self.now));
            requires.push(alive.ok_or(GateRefusal::SessionEnded)?.requirement());
        }
        if let Some(connection) = self.connection {
            if !connection.is_enabled_for(&self.client.id) {
                return Err(GateRefusal::ConnectionNotEnabled);
            }
            requires.push(connection.requirement());
        }
        if let Some(authorization) = self.authorization {
            if authorization.ended_at.is_some() {
                return Err(GateRefusal::AuthorizationEnded);
            }
            requires.push(authorization.requirement());
        }
        if let Some(api) = self.api {
            let allowed = allowed_scopes(self.client, api, self.client_grant, subject_type)?;
            requires.push(api.requirement());
            if let Some(grant) = self.client_grant.filter(|_| allowed.by_client_grant) {
                requires.push(grant.requirement());
            }
        }
        if let Some(consent) = self.consent {
            requires.push(consent.ok_or(GateRefusal::ConsentMissing)?.requirement());
        }
        Ok(Pass { requires })
    }
}

#[cfg(test)]
mod tests;
