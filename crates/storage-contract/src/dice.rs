//! Long because it makes one of every change there is. Random changes over few names, so that they meet.
#![expect(clippy::indexing_slicing, reason = "the dice do not fall beside the table")]

use countersign_jose::{Algorithm, PublicKey, Thumbprint};
use countersign_oauth::*;
use countersign_storage::*;

/// A small generator, so that a failing run is found again by its seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn at(&mut self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.below(60)).expect("a small number"))
    }

    fn maybe_at(&mut self) -> Option<Timestamp> {
        self.chance().then(|| self.at())
    }

    /// One of few names, so that changes meet.
    pub(crate) fn name(&mut self) -> String {
        ["a", "b", "A"][usize::try_from(self.below(3)).expect("a small number")].to_owned()
    }

    fn id<T: for<'a> From<&'a str>>(&mut self) -> T {
        self.name().as_str().into()
    }

    fn maybe_id<T: for<'a> From<&'a str>>(&mut self) -> Option<T> {
        self.chance().then(|| self.id())
    }

    pub(crate) fn hash(&mut self) -> HandleHash {
        HandleHash::of(&self.name())
    }

    fn audience(&mut self) -> Audience {
        Audience::new(["", "a", "b"][usize::try_from(self.below(3)).expect("a small number")])
    }

    fn some_audience(&mut self) -> Option<Audience> {
        Some(self.audience()).filter(|audience| !audience.as_str().is_empty())
    }

    fn kind(&mut self) -> SingleUseKind {
        if self.chance() { SingleUseKind::AuthorizationCode } else { SingleUseKind::DeviceCode }
    }

    fn state(&mut self) -> KeyState {
        let states = [KeyState::Next, KeyState::Current, KeyState::Previous, KeyState::Revoked];
        states[usize::try_from(self.below(4)).expect("a small number")]
    }

    fn scope(&mut self) -> Scope {
        [self.name(), self.name()].into_iter().collect()
    }

    fn upsert<T>(&mut self, record: T) -> Upsert<T> {
        let expected_version = self.chance().then(|| i64::try_from(self.below(4)).expect("a small number"));
        Upsert { record, expected_version, raise_epoch: self.chance() }
    }

    fn user(&mut self) -> User {
        User {
            id: self.id(),
            connection_id: self.id(),
            email: self.chance().then(|| self.name()),
            email_verified: self.chance(),
            username: self.chance().then(|| self.name()),
            password: self.chance().then(|| PasswordHash::new(self.name())),
            profile: Profile::default(),
            blocked: self.chance(),
            identities: self.maybe_id().map(|id| self.identity(id)).into_iter().collect(),
            created_at: self.at(),
            updated_at: self.at(),
            password_changed_at: self.maybe_at(),
            last_login: self.maybe_at(),
            last_ip: None,
            logins_count: 0,
            version: 0,
            epoch: 0,
        }
    }

    fn identity(&mut self, connection_id: ConnectionId) -> Identity {
        let provider = if self.chance() { "auth0".to_owned() } else { self.name() };
        Identity { connection_id, provider, provider_user_id: self.name(), tokens: None }
    }

    fn session(&mut self) -> Session {
        Session {
            id: self.id(),
            handle: self.hash(),
            user_id: self.id(),
            connection_id: self.id(),
            organization_id: None,
            issuer: Issuer::new("https://example.com"),
            authentication: Authentication { authenticated_at: self.at(), amr: Vec::new(), acr: None },
            created_at: self.at(),
            idle_lifetime: Seconds(1),
            idle_expires_at: self.at(),
            expires_at: self.at(),
            persistent: self.chance(),
            user_agent: String::new(),
            ip: String::new(),
            ended_at: None,
            epoch: 1,
        }
    }

    fn artefact(&mut self) -> SingleUse {
        SingleUse {
            kind: self.kind(),
            handle: self.hash(),
            second_handle: self.chance().then(|| self.hash()),
            client_id: self.id(),
            user_id: self.maybe_id(),
            session_id: None,
            authorization_id: self.maybe_id(),
            status: String::new(),
            attempts: 0,
            created_at: self.at(),
            expires_at: self.at(),
            redeemed_at: None,
            payload: serde_json::Value::Null,
        }
    }

    fn authorization(&mut self) -> Authorization {
        Authorization {
            id: self.id(),
            client_id: self.id(),
            user_id: self.id(),
            session_id: self.maybe_id(),
            audience: self.some_audience(),
            scope: self.scope(),
            organization_id: None,
            issuer: Issuer::new("https://example.com"),
            created_at: self.at(),
            ended_at: None,
            epoch: 1,
        }
    }

    fn family(&mut self) -> RefreshFamily {
        RefreshFamily {
            id: self.id(),
            authorization_id: self.id(),
            client_id: self.id(),
            user_id: self.id(),
            session_id: self.maybe_id(),
            audience: self.some_audience(),
            scope: self.scope(),
            organization_id: None,
            issuer: Issuer::new("https://example.com"),
            jkt: None,
            rotating: self.chance(),
            created_at: self.at(),
            expires_at: self.maybe_at(),
            ended_at: None,
        }
    }

    fn refresh_token(&mut self) -> RefreshToken {
        RefreshToken {
            handle: self.hash(),
            family_id: self.id(),
            generation: 1,
            parent: self.chance().then(|| self.hash()),
            created_at: self.at(),
            idle_expires_at: self.maybe_at(),
            spent_at: None,
            successors: 0,
            last_used_at: None,
        }
    }

    fn consent(&mut self) -> Consent {
        Consent {
            id: self.id(),
            user_id: self.id(),
            client_id: self.id(),
            audience: self.audience(),
            organization_id: self.maybe_id(),
            scope: self.scope(),
            created_at: self.at(),
            epoch: 1,
        }
    }

    fn rule(&mut self) -> ExchangeRule {
        if self.chance() {
            return ExchangeRule::Unspent;
        }
        ExchangeRule::WithinLeeway {
            since: self.at(),
            max_successors: u32::try_from(self.below(5)).expect("a small number"),
        }
    }

    fn event(&mut self) -> LogEvent {
        LogEvent {
            at: self.at(),
            event: self.name(),
            rule: None,
            description: String::new(),
            client_id: self.maybe_id(),
            user_id: self.maybe_id(),
            ip: String::new(),
            client_ip: None,
            request_id: String::new(),
        }
    }

    fn algorithm(&mut self) -> Algorithm {
        if self.chance() { Algorithm::RS256 } else { Algorithm::ES256 }
    }

    fn thumbprint(&mut self) -> Thumbprint {
        PublicKey::P256 { x: [u8::from(self.chance()); 32], y: [0; 32] }.thumbprint()
    }

    fn signing_key(&mut self) -> SigningKey {
        SigningKey {
            kid: self.id(),
            algorithm: self.algorithm(),
            state: self.state(),
            private_key: Sealed { key_id: self.id(), ciphertext: vec![1] },
            certificate: Vec::new(),
            created_at: self.at(),
            state_since: self.at(),
            published_at: self.maybe_at(),
        }
    }

    fn configuration(&mut self) -> Change {
        let (version, epoch, other) = (0, 0, serde_json::Map::new());
        match self.below(12) {
            0 => {
                let (id, created_at) = (self.id(), self.at());
                let settings = ClientSettings::default();
                let record = Client { id, secret: None, settings, created_at, version, epoch };
                Change::UpsertClient(self.upsert(record))
            }
            1 => Change::DeleteClient { id: self.id(), at: self.at() },
            2 => {
                let (id, identifier, settings) = (self.id(), self.id(), ResourceServerSettings::default());
                let record =
                    ResourceServer { id, identifier, signing_secret: None, settings, version, epoch };
                Change::UpsertResourceServer(self.upsert(record))
            }
            3 => Change::DeleteResourceServer { id: self.id(), at: self.at() },
            4 => {
                let subject_type = if self.chance() { SubjectType::Client } else { SubjectType::User };
                let (id, client_id, audience) = (self.id(), self.id(), self.id());
                let (scope, allow_all_scopes) = (self.scope(), self.chance());
                let record = ClientGrant {
                    id,
                    client_id,
                    audience,
                    subject_type,
                    scope,
                    allow_all_scopes,
                    other,
                    version,
                    epoch,
                };
                Change::UpsertClientGrant(self.upsert(record))
            }
            5 => Change::DeleteClientGrant { id: self.id() },
            6 => {
                let (id, name, strategy) = (self.id(), self.name(), self.name());
                let settings = ConnectionSettings::default();
                let record = Connection { id, name, strategy, settings, version, epoch };
                Change::UpsertConnection(self.upsert(record))
            }
            7 => Change::DeleteConnection { id: self.id(), at: self.at() },
            8 => Change::SetSettings(self.upsert(TenantSettings::default())),
            9 => Change::InsertSigningKey(self.signing_key()),
            10 => Change::PublishSigningKeys { algorithm: self.algorithm(), at: self.at() },
            _ => Change::SetKeyState { kid: self.id(), state: self.state(), at: self.at() },
        }
    }

    fn change(&mut self) -> Change {
        match self.below(32) {
            0 | 1 => Change::InsertSingleUse(self.artefact()),
            2 => Change::SpendSingleUse { kind: self.kind(), handle: self.hash(), now: self.at() },
            3 => {
                let limit = u32::try_from(self.below(3)).expect("a small number");
                let (kind, handle) = (self.kind(), self.hash());
                Change::CountSingleUseAttempt { kind, handle, now: self.at(), limit }
            }
            4 => Change::SetMark { space: self.name(), mark: self.hash(), until: self.at() },
            5 => Change::InsertAuthorization(self.authorization()),
            6 => {
                let deny_access_tokens = self.chance();
                Change::EndAuthorization { id: self.id(), at: self.at(), deny_access_tokens }
            }
            7 | 8 => Change::InsertAccessToken(AccessToken {
                handle: self.hash(),
                authorization_id: self.maybe_id(),
                claims: None,
                expires_at: self.at(),
                denied_at: None,
            }),
            9 => Change::DenyAccessToken { handle: self.hash(), expires_at: self.at(), at: self.at() },
            10 | 11 => Change::InsertFamily(self.family()),
            12 | 13 => Change::InsertRefreshToken(self.refresh_token()),
            14 | 15 => {
                Change::ExchangeRefreshToken { handle: self.hash(), now: self.at(), rule: self.rule() }
            }
            16 => {
                let idle_expires_at = self.maybe_at();
                Change::TouchRefreshToken { handle: self.hash(), now: self.at(), idle_expires_at }
            }
            17 => match self.below(3) {
                0 => {
                    let jkt = self.chance().then(|| self.thumbprint());
                    let (rotating, expires_at) = (self.chance(), self.maybe_at());
                    Change::AmendFamily { id: self.id(), rotating, expires_at, jkt }
                }
                1 => {
                    let audience = self.chance().then(|| self.audience());
                    let (user, client, at) = (self.id(), self.id(), self.at());
                    Change::EndNonRotatingFamilies { user, client, audience, at }
                }
                _ => Change::EndFamily { id: self.id(), at: self.at() },
            },
            18 => {
                let audience = self.chance().then(|| self.audience());
                Change::EndFamilies { user: self.id(), client: self.maybe_id(), audience, at: self.at() }
            }
            19 => {
                let keep = u32::try_from(self.below(3)).expect("a small number");
                Change::CapFamilies { user: self.id(), client: self.id(), keep, at: self.at() }
            }
            20 => Change::InsertSession(self.session()),
            21 => Change::TouchSession {
                id: self.id(),
                now: self.at(),
                idle_expires_at: self.at(),
                absolute_expires_at: self.at(),
            },
            22 => Change::JoinSession { id: self.id(), client: self.id(), at: self.at() },
            23 => Change::EndSession { id: self.id(), at: self.at() },
            24 => Change::EndSessionsOfUser { user: self.id(), at: self.at() },
            25 => Change::GrantConsent(self.consent()),
            26 => Change::DeleteConsent { id: self.id(), at: self.at() },
            27 | 28 => {
                let user = self.user();
                Change::UpsertUser(self.upsert(user))
            }
            29 => match self.below(4) {
                0 => Change::DeleteUser { id: self.id(), at: self.at() },
                1 => {
                    let (old, new) = (PasswordHash::new(self.name()), PasswordHash::new(self.name()));
                    Change::Rehash { user: self.id(), old, new }
                }
                2 => Change::Log(self.event()),
                _ => Change::CountLogin { user: self.id(), at: self.at(), ip: self.name() },
            },
            _ => self.configuration(),
        }
    }

    fn requirement(&mut self) -> Requirement {
        let kinds = [
            RecordKind::User,
            RecordKind::Client,
            RecordKind::ClientGrant,
            RecordKind::ResourceServer,
            RecordKind::Consent,
            RecordKind::Session,
            RecordKind::Authorization,
            RecordKind::Connection,
        ];
        let record = kinds[usize::try_from(self.below(8)).expect("a small number")];
        Requirement { record, id: self.name(), epoch: i64::try_from(self.below(3)).expect("a small number") }
    }

    pub(crate) fn changes(&mut self) -> Changes {
        let mut changes = Changes::none();
        if self.below(4) == 0 {
            changes = changes.requiring(self.requirement());
        }
        for _ in 0..self.below(3) {
            changes = changes.with(self.change());
        }
        changes
    }
}
