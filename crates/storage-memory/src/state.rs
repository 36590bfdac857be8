use std::collections::BTreeMap;

use countersign_oauth::{
    AuthorizationId, ClientId, ConsentId, FamilyId, HandleHash, SessionId, Timestamp, UserId,
};
use countersign_storage::{
    AccessToken, Authorization, Bucket, Client, ClientGrant, Connection, Consent, Keyed, LogEvent,
    RecordKind, RefreshFamily, RefreshToken, Requirement, ResourceServer, Script, Session, SigningKey,
    SingleUse, SingleUseKind, TenantSettings, TokenBucket, User,
};

/// Everything that is stored. Lists are in the order of insertion.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) clients: BTreeMap<ClientId, Client>,
    pub(crate) resource_servers: Vec<ResourceServer>,
    pub(crate) client_grants: Vec<ClientGrant>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) scripts: Vec<Script>,
    pub(crate) settings: Option<Keyed<TenantSettings>>,
    pub(crate) signing_keys: Vec<SigningKey>,
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) session_clients: BTreeMap<(SessionId, ClientId), Timestamp>,
    pub(crate) consents: BTreeMap<ConsentId, Consent>,
    pub(crate) single_uses: BTreeMap<(SingleUseKind, HandleHash), SingleUse>,
    pub(crate) authorizations: BTreeMap<AuthorizationId, Authorization>,
    pub(crate) access_tokens: BTreeMap<(HandleHash, Option<AuthorizationId>), AccessToken>,
    pub(crate) families: BTreeMap<FamilyId, RefreshFamily>,
    pub(crate) refresh_tokens: BTreeMap<HandleHash, RefreshToken>,
    pub(crate) marks: BTreeMap<(String, HandleHash), Timestamp>,
    pub(crate) attempts: BTreeMap<Bucket, (u32, Timestamp)>,
    pub(crate) token_buckets: BTreeMap<Bucket, TokenBucket>,
    pub(crate) log: Vec<LogEvent>,
    /// Raised by every change of configuration.
    pub(crate) configuration_version: i64,
    /// The highest version of any deleted record, which no epoch exceeds: one made anew starts above.
    pub(crate) floor: i64,
}

impl State {
    /// Whether the record is there with the epoch that was seen.
    pub(crate) fn holds(&self, requirement: &Requirement) -> bool {
        let id = requirement.id.as_str();
        let epoch = match requirement.record {
            RecordKind::User => self.users.get(&UserId::new(id)).map(|record| record.epoch),
            RecordKind::Client => self.clients.get(&ClientId::new(id)).map(|record| record.epoch),
            RecordKind::ClientGrant => {
                self.client_grants.iter().find(|record| record.id.as_str() == id).map(|record| record.epoch)
            }
            RecordKind::ResourceServer => self
                .resource_servers
                .iter()
                .find(|record| record.id.as_str() == id)
                .map(|record| record.epoch),
            RecordKind::Consent => self.consents.get(&ConsentId::new(id)).map(|record| record.epoch),
            RecordKind::Session => self.sessions.get(&SessionId::new(id)).map(|record| record.epoch),
            RecordKind::Authorization => {
                self.authorizations.get(&AuthorizationId::new(id)).map(|record| record.epoch)
            }
            RecordKind::Connection => {
                self.connections.iter().find(|record| record.id.as_str() == id).map(|record| record.epoch)
            }
        };
        epoch == Some(requirement.epoch)
    }
}
