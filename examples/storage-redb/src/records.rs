//! Each record's key, and what it is found by.

use countersign_oauth::{Audience, ClientId, HandleHash, SessionId, Timestamp};
use countersign_storage::{
    AccessToken, Authorization, Bucket, Client, ClientGrant, Connection, Consent, Keyed, LogEvent,
    RefreshFamily, RefreshToken, ResourceServer, Script, Session, SigningKey, SingleUse, SingleUseKind,
    SubjectType, TenantSettings, TokenBucket, User,
};
use serde::{Deserialize, Serialize};

use crate::documents::{Document, FoundBy, join, moment};

/// A one-time mark.
#[derive(Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) space: String,
    pub(crate) mark: HandleHash,
    pub(crate) until: Timestamp,
}

/// A counter of attempts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) purpose: String,
    pub(crate) subject: HandleHash,
    pub(crate) count: u32,
    pub(crate) until: Timestamp,
}

/// The bucket of a rate limit.
#[derive(Serialize, Deserialize)]
pub(crate) struct DrawnFrom {
    pub(crate) purpose: String,
    pub(crate) subject: HandleHash,
    /// As [`TokenBucket::full_at`] has it.
    pub(crate) full_at: i64,
}

impl DrawnFrom {
    pub(crate) fn token_bucket(&self) -> TokenBucket {
        TokenBucket::restore(self.full_at)
    }
}

/// The key of a counter or a rate limit.
pub(crate) fn bucket_id(purpose: &str, subject: &HandleHash) -> Vec<u8> {
    [join(&[purpose]).as_slice(), subject.as_bytes()].concat()
}

pub(crate) fn id_of(bucket: &Bucket) -> Vec<u8> {
    bucket_id(&bucket.purpose, &bucket.subject)
}

/// That a client took part in a session.
#[derive(Serialize, Deserialize)]
pub(crate) struct Participation {
    pub(crate) session: SessionId,
    pub(crate) client: ClientId,
    pub(crate) at: Timestamp,
}

/// A row of the log with its place.
#[derive(Serialize, Deserialize)]
pub(crate) struct Logged {
    pub(crate) place: u64,
    pub(crate) event: LogEvent,
}

/// The tenant's settings, with their version.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredSettings {
    pub(crate) record: TenantSettings,
    pub(crate) version: i64,
}

impl From<StoredSettings> for Keyed<TenantSettings> {
    fn from(stored: StoredSettings) -> Self {
        Self { record: stored.record, version: stored.version }
    }
}

/// The end that has passed first, if any ever will.
fn first(ends: &[Option<Timestamp>]) -> Option<Timestamp> {
    ends.iter().copied().flatten().min()
}

fn at(index: &'static str, end: Option<Timestamp>) -> impl Iterator<Item = FoundBy> {
    end.into_iter().map(move |end| (index, moment(end)))
}

macro_rules! documents {
    ($($record:ident as $kind:literal, $it:ident: $id:expr => [$($found:expr),* $(,)?] $(, $more:expr)?;)*) => {$(
        impl Document for $record {
            const KIND: &'static str = $kind;

            fn id(&self) -> Vec<u8> {
                let $it = self;
                let _ = $it;
                $id.into()
            }

            fn found_by(&self) -> Vec<FoundBy> {
                let $it = self;
                #[allow(unused_mut, reason = "not every record has more")]
                let mut found: Vec<FoundBy> = vec![$($found),*];
                $(found.extend($more);)?
                let _ = $it;
                found
            }
        }
    )*};
}

// docs:begin documents
documents! {
    Client as "client", it: it.id.as_str() => [];
    ResourceServer as "api", it: it.id.as_str() => [("identifier", join(&[it.identifier.as_str()]))];
    ClientGrant as "client_grant", it: it.id.as_str() => [
        ("triple", triple(&it.client_id, &it.audience, it.subject_type)),
        ("client", join(&[it.client_id.as_str()])),
        ("audience", join(&[it.audience.as_str()])),
    ];
    Connection as "connection", it: it.id.as_str() => [("name", join(&[&it.name]))];
    Script as "script", it: it.id.as_str() => [("name", join(&[it.kind.as_str(), &it.name]))];
    SigningKey as "signing_key", it: it.kid.as_str() => [];
    StoredSettings as "settings", it: Vec::<u8>::new() => [];
    Logged as "log", it: it.place.to_be_bytes() => [];
    User as "user", it: it.id.as_str() => [
        ("connection", join(&[it.connection_id.as_str()])),
        ("created", moment(it.created_at)),
    ], identifiers(it).chain(identities(it));
    Session as "session", it: it.id.as_str() => [
        ("handle", it.handle.as_bytes().to_vec()),
        ("user", join(&[it.user_id.as_str()])),
    ], at("over", first(&[it.ended_at, Some(it.expires_at), Some(it.idle_expires_at)]));
    Participation as "participation", it: join(&[it.session.as_str(), it.client.as_str()]) => [
        ("session", join(&[it.session.as_str()])),
        ("client", join(&[it.client.as_str()])),
    ];
    Consent as "consent", it: it.id.as_str() => [
        ("whole", whole(it)),
        ("user", join(&[it.user_id.as_str()])),
        ("client", join(&[it.client_id.as_str()])),
        ("audience", join(&[it.audience.as_str()])),
    ];
    SingleUse as "single_use", it: single_use_id(it.kind, &it.handle) => [
        ("client", join(&[it.client_id.as_str()])),
        ("over", moment(it.expires_at)),
    ], second_handle(it).chain(by_authorization(it.authorization_id.as_ref()));
    Authorization as "authorization", it: it.id.as_str() => [
        ("user", join(&[it.user_id.as_str()])),
        ("client", join(&[it.client_id.as_str()])),
    ];
    AccessToken as "access_token", it: access_token_id(it) => [
        ("handle", it.handle.as_bytes().to_vec()),
        ("over", moment(it.expires_at)),
    ], by_authorization(it.authorization_id.as_ref());
    RefreshFamily as "family", it: it.id.as_str() => [
        ("user", join(&[it.user_id.as_str()])),
        ("client", join(&[it.client_id.as_str()])),
        ("audience", join(&[it.audience.as_ref().map_or("", Audience::as_str)])),
        ("authorization", join(&[it.authorization_id.as_str()])),
    ], at("over", first(&[it.ended_at, it.expires_at]));
    RefreshToken as "refresh_token", it: *it.handle.as_bytes() => [
        ("family", join(&[it.family_id.as_str()])),
    ], parent(it).chain(at("over", it.idle_expires_at.map(|end| it.spent_at.map_or(end, |spent| spent.max(end)))));
    Mark as "mark", it: [join(&[&it.space]).as_slice(), it.mark.as_bytes()].concat() => [
        ("over", moment(it.until)),
    ];
    Attempt as "attempt", it: bucket_id(&it.purpose, &it.subject) => [("over", moment(it.until))];
    DrawnFrom as "rate", it: bucket_id(&it.purpose, &it.subject) => [
        ("over", moment(it.token_bucket().kept_until())),
    ];
}
// docs:end documents

/// What names a client grant beside its id.
pub(crate) fn triple(client: &ClientId, audience: &Audience, subject: SubjectType) -> Vec<u8> {
    let subject = match subject {
        SubjectType::Client => "client",
        SubjectType::User => "user",
    };
    join(&[client.as_str(), audience.as_str(), subject])
}

/// What names a consent beside its id.
pub(crate) fn whole(consent: &Consent) -> Vec<u8> {
    let who = [consent.user_id.as_str(), consent.client_id.as_str(), consent.audience.as_str()];
    match &consent.organization_id {
        None => join(&who),
        Some(organization) => [join(&who), join(&[organization.as_str()])].concat(),
    }
}

pub(crate) fn single_use_id(kind: SingleUseKind, handle: &HandleHash) -> Vec<u8> {
    [join(&[kind.as_str()]).as_slice(), handle.as_bytes()].concat()
}

fn access_token_id(token: &AccessToken) -> Vec<u8> {
    let authorization = token.authorization_id.as_ref().map(|id| join(&[id.as_str()])).unwrap_or_default();
    [token.handle.as_bytes().as_slice(), &authorization].concat()
}

fn by_authorization(id: Option<&countersign_oauth::AuthorizationId>) -> impl Iterator<Item = FoundBy> {
    id.map(|id| ("authorization", join(&[id.as_str()]))).into_iter()
}

fn second_handle(artefact: &SingleUse) -> impl Iterator<Item = FoundBy> {
    artefact.second_handle.iter().map(|second| ("second", single_use_id(artefact.kind, second)))
}

fn parent(token: &RefreshToken) -> impl Iterator<Item = FoundBy> {
    token.parent.iter().map(|parent| ("parent", parent.as_bytes().to_vec()))
}

/// E-mail and username of a connection are one namespace, so that nobody's username is another's address.
pub(crate) fn identifiers(user: &User) -> impl Iterator<Item = FoundBy> {
    let of = |name: &str| ("identifier", join(&[user.connection_id.as_str(), name]));
    user.identifiers().map(of).collect::<Vec<_>>().into_iter()
}

pub(crate) fn identities(user: &User) -> impl Iterator<Item = FoundBy> {
    user.identities.iter().map(|identity| {
        let parts = [identity.connection_id.as_str(), &identity.provider, &identity.provider_user_id];
        ("identity", join(&parts))
    })
}
