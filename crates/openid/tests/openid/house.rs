//! A tenant with its keys.

use std::sync::Arc;

use countersign_oauth::{AuthorizationId, Seconds, SessionId, UserId};
use countersign_openid::{LogoutEndpoint, UserinfoEndpoint};
use countersign_storage::*;
use countersign_testkit::{
    AUDIENCE, CLIENT_ID, FakeVerifier, NOW, SeededRandom, TestKeyRing, TestSealer, USER_ID, api,
    authorization, block_on, client, domain, session, user,
};
use countersign_token::{
    AccessTokenPlan, CustomClaims, IdTokenPlan, IdTokenReader, MintContext, SenderConstraint, Subject,
    TokenIssuer, TokenPlan, TokenResponse,
};

use crate::spy::SpyStorage;

/// A tenant with `client()`, `api()`, `user()`, `session()` and `authorization()`.
pub(crate) struct House {
    pub(crate) storage: Arc<SpyStorage>,
    pub(crate) issuer: TokenIssuer,
    pub(crate) userinfo: UserinfoEndpoint,
    pub(crate) logout: LogoutEndpoint,
}

impl House {
    pub(crate) fn new() -> Self {
        let storage = Arc::new(SpyStorage::default());
        let sealer = Arc::new(TestSealer::default());
        let keys = Arc::new(TestKeyRing::new());
        let random = Arc::new(SeededRandom::default());
        let house = Self {
            issuer: TokenIssuer::new(keys.clone(), sealer.clone(), random.clone(), "client_secret"),
            userinfo: UserinfoEndpoint {
                configuration: Arc::default(),
                storage: storage.clone(),
                keys: keys.clone(),
                verifier: Arc::new(FakeVerifier),
                sealer: sealer.clone(),
                rate: None,
            },
            logout: LogoutEndpoint {
                storage: storage.clone(),
                hints: IdTokenReader::new(keys.clone(), sealer.clone(), "client_secret"),
                sealer: sealer.clone(),
                random: random.clone(),
            },
            storage,
        };
        house.put(Change::UpsertClient(new(client())));
        house.put(Change::UpsertResourceServer(new(api())));
        house.put(Change::UpsertUser(new(user())));
        house.put(Change::InsertSession(session()));
        house.put(Change::InsertAuthorization(authorization()));
        house
    }

    /// Writes past the spy.
    #[track_caller]
    pub(crate) fn put(&self, change: Change) {
        block_on(self.storage.inner().commit(Changes::none().with(change))).unwrap();
    }

    pub(crate) fn edit_client(&self, edit: impl FnOnce(&mut Client)) {
        let mut record = block_on(self.storage.client(&CLIENT_ID.into())).unwrap().unwrap();
        edit(&mut record);
        self.put(Change::UpsertClient(changed(record.version, record)));
    }

    pub(crate) fn edit_user(&self, edit: impl FnOnce(&mut User)) {
        let mut record = block_on(self.storage.user(&UserId::new(USER_ID))).unwrap().unwrap();
        edit(&mut record);
        self.put(Change::UpsertUser(changed(record.version, record)));
    }

    pub(crate) fn edit_api(&self, edit: impl FnOnce(&mut ResourceServer)) {
        let mut record = block_on(self.storage.resource_server(&AUDIENCE.into())).unwrap().unwrap();
        edit(&mut record);
        self.put(Change::UpsertResourceServer(changed(record.version, record)));
    }

    pub(crate) fn edit_settings(&self, edit: impl FnOnce(&mut TenantSettings)) {
        let Keyed { mut record, version } = block_on(self.storage.settings()).unwrap();
        edit(&mut record);
        self.put(Change::SetSettings(changed(version, record)));
    }

    /// Mints tokens of the user for an API, or for userinfo alone, and stores what must be stored.
    pub(crate) fn mint(&self, scope: &str, api: bool, constraint: SenderConstraint) -> TokenResponse {
        let api = api.then(|| block_on(self.storage.resource_server(&AUDIENCE.into())).unwrap().unwrap());
        self.mint_for(AccessTokenPlan {
            api,
            subject: Subject::User(UserId::new(USER_ID)),
            scope: countersign_oauth::Scope::parse(scope).unwrap(),
            constraint,
            authorization_id: Some(AuthorizationId::new("test-authorization")),
            gty: None,
            lifetime: Seconds(600),
            custom_claims: CustomClaims::default(),
        })
    }

    pub(crate) fn mint_for(&self, access_token: AccessTokenPlan) -> TokenResponse {
        self.mint_with(access_token, CustomClaims::default())
    }

    /// The same with claims that the tenant's own code put into the ID token.
    pub(crate) fn mint_with(
        &self,
        access_token: AccessTokenPlan,
        custom_claims: CustomClaims,
    ) -> TokenResponse {
        let id_token = IdTokenPlan {
            user_id: UserId::new(USER_ID),
            claims: serde_json::Map::new(),
            session_id: None,
            nonce: None,
            auth_time: None,
            custom_claims,
        };
        let plan =
            TokenPlan { client: client(), access_token, id_token: Some(id_token), refresh_token: None };
        let domain = domain();
        let minted = self.issuer.mint(&plan, MintContext { domain: &domain, now: NOW }).unwrap();
        block_on(self.storage.inner().commit(minted.changes)).unwrap();
        minted.response
    }

    /// An ID token of the client as it is now, for a session.
    pub(crate) fn id_token(&self, session: Option<SessionId>) -> String {
        let plan = TokenPlan {
            client: block_on(self.storage.client(&CLIENT_ID.into())).unwrap().unwrap(),
            access_token: AccessTokenPlan {
                api: None,
                subject: Subject::User(UserId::new(USER_ID)),
                scope: countersign_oauth::Scope::default(),
                constraint: SenderConstraint::None,
                authorization_id: None,
                gty: None,
                lifetime: Seconds(600),
                custom_claims: CustomClaims::default(),
            },
            id_token: Some(IdTokenPlan {
                user_id: UserId::new(USER_ID),
                claims: serde_json::Map::new(),
                session_id: session,
                nonce: None,
                auth_time: None,
                custom_claims: CustomClaims::default(),
            }),
            refresh_token: None,
        };
        let domain = domain();
        let minted = self.issuer.mint(&plan, MintContext { domain: &domain, now: NOW }).unwrap();
        minted.response.id_token.unwrap()
    }

    /// An opaque bearer token.
    pub(crate) fn opaque(&self, scope: &str) -> String {
        self.mint(scope, false, SenderConstraint::None).access_token
    }

    /// A JWT bearer token for the API.
    pub(crate) fn jwt(&self, scope: &str) -> String {
        self.mint(scope, true, SenderConstraint::None).access_token
    }
}

pub(crate) fn new<T>(record: T) -> Upsert<T> {
    Upsert { record, expected_version: None, raise_epoch: false }
}

pub(crate) fn changed<T>(version: i64, record: T) -> Upsert<T> {
    Upsert { record, expected_version: Some(version), raise_epoch: true }
}
