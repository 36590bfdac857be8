//! From a code to tokens: what the other modules begin with.

use countersign_authorization_endpoint::CodePayload;
use countersign_grants::{AuthorizationCode, ClientCredentials, RefreshToken};
use countersign_oauth::{AuthorizationId, HandleHash, Issuer, UserId};
use countersign_pkce::CodeChallenge;
use countersign_storage::*;
use countersign_storage_memory::MemoryStorage;
use countersign_testkit::vectors::{RFC7636_CHALLENGE, RFC7636_VERIFIER};
use countersign_testkit::{CALLBACK, CODE, ISSUER, authorization, block_on, code};
use countersign_token::TokenResponse;
use countersign_token_endpoint::Grants;

use crate::world::{Call, World, put};

/// A tenant that speaks the three grants.
pub(crate) fn world() -> World {
    let grants = Grants::new().with(AuthorizationCode).unwrap().with(RefreshToken).unwrap();
    World::new(grants.with(ClientCredentials).unwrap())
}

/// The same with a client whose refresh tokens rotate and may be used again within `leeway` seconds.
pub(crate) fn rotating_world(leeway: i64) -> World {
    let world = world();
    world.edit_client(|client| {
        client.settings.refresh_token = RefreshTokenSettings::rotating();
        client.settings.refresh_token.leeway = countersign_oauth::Seconds(leeway);
    });
    world
}

/// A code with all that it hangs from.
pub(crate) struct Issued {
    pub(crate) code: SingleUse,
    pub(crate) payload: CodePayload,
    pub(crate) authorization: Authorization,
}

/// The code `handle` as the authorization endpoint would issue it, for a request that named its callback
/// and sent the challenge of RFC 7636 appendix B.
pub(crate) fn issued(handle: &str) -> Issued {
    let challenge = CodeChallenge::parse(RFC7636_CHALLENGE, Some("S256")).unwrap();
    let id = AuthorizationId::new(format!("authorization-of-{handle}"));
    Issued {
        code: SingleUse { handle: HandleHash::of(handle), authorization_id: Some(id.clone()), ..code() },
        payload: CodePayload {
            version: 1,
            redirect_uri: CALLBACK.to_owned(),
            redirect_uri_was_sent: true,
            code_challenge: Some(challenge),
            nonce: None,
            dpop_jkt: None,
            auth_time: None,
            issuer: Issuer::new(ISSUER),
            verdict: countersign_users::Verdict::default(),
        },
        authorization: Authorization { id, ..authorization() },
    }
}

impl Issued {
    pub(crate) fn put(self, world: &World) {
        let payload = serde_json::to_value(self.payload).unwrap();
        world.put(Change::InsertAuthorization(self.authorization));
        world.put(Change::InsertSingleUse(SingleUse { payload, ..self.code }));
    }
}

/// Issues the code [`CODE`], changed by `edit`.
pub(crate) fn put_code(world: &World, edit: impl FnOnce(&mut Issued)) {
    let mut one = issued(CODE);
    edit(&mut one);
    one.put(world);
}

/// The right exchange of [`CODE`].
pub(crate) fn exchange() -> Call {
    exchange_of(CODE)
}

pub(crate) fn exchange_of(handle: &str) -> Call {
    Call::new(&[
        ("grant_type", "authorization_code"),
        ("code", handle),
        ("redirect_uri", CALLBACK),
        ("code_verifier", RFC7636_VERIFIER),
    ])
}

pub(crate) fn find_code(world: &World) -> SingleUse {
    let kind = SingleUseKind::AuthorizationCode;
    block_on(world.storage.single_use(kind, &HandleHash::of(CODE))).unwrap().unwrap()
}

/// Signs the user in and exchanges the code `handle`.
#[track_caller]
pub(crate) fn sign_in(world: &World, handle: &str) -> TokenResponse {
    issued(handle).put(world);
    world.issues(&exchange_of(handle)).response
}

/// The refresh token of a fresh login.
#[track_caller]
pub(crate) fn first_token(world: &World) -> String {
    sign_in(world, CODE).refresh_token.unwrap()
}

pub(crate) fn refresh(token: &str) -> Call {
    Call::new(&[("grant_type", "refresh_token"), ("refresh_token", token)])
}

/// Exchanges a rotating token for its successor.
#[track_caller]
pub(crate) fn rotate(world: &World, call: &Call) -> String {
    world.issues(call).response.refresh_token.unwrap()
}

/// The ids of what a commit required, by kind.
pub(crate) fn required(commit: &Changes) -> Vec<RecordKind> {
    commit.requires.iter().map(|requirement| requirement.record).collect()
}

pub(crate) fn is_denied(world: &World, token: &str) -> bool {
    let row = block_on(world.storage.access_token(&HandleHash::of(token))).unwrap();
    row.unwrap().denied_at.is_some()
}

pub(crate) fn find_authorization(world: &World, handle: &str) -> Authorization {
    let id = AuthorizationId::new(format!("authorization-of-{handle}"));
    block_on(world.storage.authorization(&id)).unwrap().unwrap()
}

pub(crate) fn standing_consent(world: &World) -> Option<Consent> {
    let user = UserId::new(countersign_testkit::USER_ID);
    let (client, audience) = (countersign_testkit::CLIENT_ID.into(), countersign_testkit::AUDIENCE.into());
    block_on(world.storage.consent(&user, &client, &audience)).unwrap()
}

pub(crate) fn find_session(world: &World) -> Session {
    block_on(world.storage.session(&"test-session".into())).unwrap().unwrap()
}

pub(crate) fn delete_user(storage: &MemoryStorage) {
    let id = UserId::new(countersign_testkit::USER_ID);
    put(storage, Change::DeleteUser { id, at: countersign_testkit::NOW });
}
