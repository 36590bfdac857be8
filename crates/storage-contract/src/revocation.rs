//! Revocation reaches every descendant, and nobody else's.
#![expect(missing_docs, reason = "a clause's name is its sentence")]

use countersign_oauth::Timestamp;
use countersign_storage::{
    AccessToken, Authorization, Change, RefreshFamily, SingleUse, SingleUseKind, Storage,
};

use crate::run::{read, write};
use crate::samples::{
    HOUR, access_token, api, at, authorization, client, client_grant, code, connection, consent, family,
    hash, identity, insert, refresh_token, session, user,
};

pub fn an_ended_authorization_ends_its_families(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    world.end_authorization(1, false);
    let ended = Authorization { ended_at: Some(at(1)), epoch: 2, ..world.authorization() };
    assert_eq!(world.stored_authorization(), Some(ended));
    assert_eq!(world.family_ended(), Some(at(1)));
    assert_eq!(world.denied(), None, "it was not asked for");
    assert_eq!(world.code_redeemed(), None, "its code is left as it is");
    assert_eq!(world.session_ended(), None, "reuse ends the authorization, never the session");
    assert!(world.has_consent(), "nor the consent");
}

pub fn an_ended_authorization_denies_its_access_tokens_when_asked(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    world.end_authorization(1, true);
    assert_eq!((world.denied(), world.family_ended()), (Some(at(1)), Some(at(1))));
}

pub fn an_authorization_ends_once(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    world.end_authorization(1, false);
    world.end_authorization(2, true);
    let ended = world.stored_authorization().expect("the authorization");
    assert_eq!((ended.ended_at, ended.epoch), (Some(at(1)), 2));
    assert_eq!(world.family_ended(), Some(at(1)));
    assert_eq!(world.denied(), Some(at(2)), "what is asked for later is done later");
    world.end_authorization(3, true);
    assert_eq!(world.denied(), Some(at(2)));
}

pub fn one_token_of_two_authorizations_is_denied_when_one_of_them_ends(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    let twin = access_token(&world.name("access token"), "twin");
    write(
        storage,
        [
            Change::InsertAuthorization(authorization("twin", world.who)),
            Change::InsertAccessToken(twin.clone()),
            Change::InsertAccessToken(twin),
        ],
    );
    assert_eq!(world.denied(), None);
    world.end_authorization(2, true);
    assert_eq!(world.denied(), Some(at(2)));
}

pub fn a_withdrawn_consent_ends_the_authorizations_it_was_given_for(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    let (user, client, audience) = world.who;
    let consent = read(storage.consent(&user.into(), &client.into(), &audience.into())).expect("the consent");
    write(storage, [Change::DeleteConsent { id: consent.id, at: at(1) }]);
    let ended = world.stored_authorization().expect("the authorization");
    assert_eq!((ended.ended_at, ended.epoch), (Some(at(1)), 2));
    assert_eq!(world.denied(), None, "its access tokens live to their end");
}

pub fn an_access_token_is_denied_by_name(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    let deny = |name: &str, moment| Change::DenyAccessToken {
        handle: hash(name),
        expires_at: at(9 * HOUR),
        at: at(moment),
    };
    write(storage, [deny(&world.name("access token"), 1)]);
    write(storage, [deny(&world.name("access token"), 2)]);
    let denied = AccessToken { denied_at: Some(at(1)), ..world.access_token() };
    assert_eq!(read(storage.access_token(&hash(&world.name("access token")))), Some(denied));
    write(storage, [deny("another", 3), deny("another", 4)]);
    let added = AccessToken {
        handle: hash("another"),
        authorization_id: None,
        claims: None,
        expires_at: at(9 * HOUR),
        denied_at: Some(at(3)),
    };
    assert_eq!(read(storage.access_token(&hash("another"))), Some(added));
}

pub fn a_deleted_user_takes_everything_along(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    let loose = RefreshFamily { authorization_id: "absent".into(), ..family("loose", world.who) };
    write(storage, [Change::InsertFamily(loose)]);
    write(storage, [Change::DeleteUser { id: "user".into(), at: at(1) }]);
    assert_eq!(read(storage.user(&"user".into())), None);
    assert_eq!(read(storage.user_by_identifier(&"con_1".into(), "user@example.com")), None);
    world.assert_ended();
    assert!(!world.has_consent());
    assert_eq!(world.session_ended(), Some(at(1)));
    let loose = read(storage.refresh_family(&"loose".into())).expect("the ended family stays");
    assert_eq!(loose.ended_at, Some(at(1)));
    assert!(read(storage.client(&"client".into())).is_some());
    let heir = countersign_storage::User { identities: vec![identity("user")], ..user("user") };
    write(storage, [Change::UpsertUser(insert(heir))]);
}

pub fn a_deleted_client_takes_everything_along(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    let pushed = SingleUse { kind: SingleUseKind::PushedRequest, ..code("pushed") };
    let spent = SingleUse { redeemed_at: Some(at(0)), ..code("spent") };
    let loose = RefreshFamily { authorization_id: "absent".into(), ..family("loose", world.who) };
    write(storage, [pushed, spent].map(Change::InsertSingleUse));
    write(storage, [Change::InsertFamily(loose)]);
    write(storage, [Change::DeleteClient { id: "client".into(), at: at(1) }]);
    assert_eq!(read(storage.client(&"client".into())), None);
    world.assert_ended();
    assert!(!world.has_consent());
    assert!(!world.has_client_grant());
    let pushed = read(storage.single_use(SingleUseKind::PushedRequest, &hash("pushed")));
    assert_eq!(pushed.expect("the pushed request").redeemed_at, Some(at(1)));
    let spent = read(storage.single_use(SingleUseKind::AuthorizationCode, &hash("spent")));
    assert_eq!(spent.expect("the spent code").redeemed_at, Some(at(0)));
    let loose = read(storage.refresh_family(&"loose".into())).expect("the ended family stays");
    assert_eq!(loose.ended_at, Some(at(1)));
    assert_eq!(world.code_redeemed(), Some(at(1)));
    assert_eq!(read(storage.session_clients(&world.name("session").as_str().into())), []);
    assert_eq!(world.session_ended(), None);
    assert!(read(storage.user(&"user".into())).is_some());
}

pub fn a_deleted_api_takes_its_grants_and_families_along(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    write(storage, [Change::DeleteResourceServer { id: api("api").id, at: at(1) }]);
    assert_eq!(read(storage.resource_server(&"api".into())), None);
    assert!(!world.has_client_grant());
    assert!(!world.has_consent());
    assert_eq!(world.family_ended(), Some(at(1)));
}

pub fn a_deleted_connection_takes_its_users_along(storage: &dyn Storage) {
    let world = World::new(storage, ("user", "client", "api"));
    let elsewhere =
        countersign_storage::User { connection_id: "con_2".into(), identities: Vec::new(), ..user("stays") };
    write(storage, [Change::UpsertUser(insert(elsewhere.clone()))]);
    write(storage, [Change::DeleteConnection { id: "con_1".into(), at: at(1) }]);
    assert_eq!(read(storage.connection(&"con_1".into())), None);
    assert_eq!(read(storage.user(&"user".into())), None);
    assert_eq!(read(storage.user(&"stays".into())), Some(elsewhere));
    world.assert_ended();
    assert_eq!(world.session_ended(), Some(at(1)));
}

pub fn what_belongs_to_others_stays(storage: &dyn Storage) {
    let stays = World::new(storage, ("other user", "other client", "other api"));
    let world = World::new(storage, ("user", "client", "api"));
    let before = stays.everything();
    world.end_authorization(1, true);
    write(
        storage,
        [
            Change::EndFamilies { user: "user".into(), client: None, audience: None, at: at(2) },
            Change::EndSessionsOfUser { user: "user".into(), at: at(2) },
            Change::DeleteConsent { id: world.name("consent").as_str().into(), at: at(3) },
            Change::DeleteClientGrant { id: client_grant("client", "api").id },
            Change::DeleteResourceServer { id: api("api").id, at: at(3) },
            Change::DeleteClient { id: "client".into(), at: at(3) },
            Change::DeleteUser { id: "user".into(), at: at(3) },
        ],
    );
    assert_eq!(stays.everything(), before);
}

/// All that hangs from one login of one user at one client for one API.
struct World<'a> {
    storage: &'a dyn Storage,
    who: (&'static str, &'static str, &'static str),
}

impl<'a> World<'a> {
    fn new(storage: &'a dyn Storage, who: (&'static str, &'static str, &'static str)) -> Self {
        let world = Self { storage, who };
        let (whose, at_client, for_api) = who;
        if read(storage.connection(&"con_1".into())).is_none() {
            write(storage, [Change::UpsertConnection(insert(connection("con_1")))]);
        }
        write(
            storage,
            [
                Change::UpsertUser(insert(user(whose))),
                Change::UpsertClient(insert(client(at_client))),
                Change::UpsertResourceServer(insert(api(for_api))),
                Change::UpsertClientGrant(insert(client_grant(at_client, for_api))),
                Change::GrantConsent(consent(&world.name("consent"), who)),
                Change::InsertSession(session(&world.name("session"), whose)),
                Change::JoinSession {
                    id: world.name("session").as_str().into(),
                    client: at_client.into(),
                    at: at(0),
                },
                Change::InsertAuthorization(world.authorization()),
                Change::InsertSingleUse(world.code()),
                Change::InsertAccessToken(world.access_token()),
                Change::InsertFamily(world.family()),
                Change::InsertRefreshToken(refresh_token(&world.name("token"), &world.name("family"))),
            ],
        );
        world
    }

    /// Names differ from world to world.
    fn name(&self, what: &str) -> String {
        format!("{what} of {}", self.who.0)
    }

    fn authorization(&self) -> Authorization {
        let session_id = Some(self.name("session").as_str().into());
        Authorization { session_id, ..authorization(&self.name("authorization"), self.who) }
    }

    fn code(&self) -> SingleUse {
        SingleUse {
            client_id: self.who.1.into(),
            user_id: Some(self.who.0.into()),
            authorization_id: Some(self.authorization().id),
            ..code(&self.name("code"))
        }
    }

    fn access_token(&self) -> AccessToken {
        access_token(&self.name("access token"), &self.name("authorization"))
    }

    fn family(&self) -> RefreshFamily {
        let authorization_id = self.authorization().id;
        RefreshFamily { authorization_id, ..family(&self.name("family"), self.who) }
    }

    fn end_authorization(&self, moment: i64, deny_access_tokens: bool) {
        let id = self.authorization().id;
        write(self.storage, [Change::EndAuthorization { id, at: at(moment), deny_access_tokens }]);
    }

    fn stored_authorization(&self) -> Option<Authorization> {
        read(self.storage.authorization(&self.authorization().id))
    }

    fn family_ended(&self) -> Option<Timestamp> {
        let (_, family) =
            read(self.storage.refresh_token(&hash(&self.name("token")))).expect("the token and its family");
        family.ended_at
    }

    fn denied(&self) -> Option<Timestamp> {
        read(self.storage.access_token(&self.access_token().handle)).expect("the access token").denied_at
    }

    fn code_redeemed(&self) -> Option<Timestamp> {
        let code = self.code();
        read(self.storage.single_use(code.kind, &code.handle)).expect("the code").redeemed_at
    }

    fn session_ended(&self) -> Option<Timestamp> {
        read(self.storage.session_by_handle(&hash(&self.name("session")))).expect("the session").ended_at
    }

    fn has_consent(&self) -> bool {
        let (user, client, audience) = self.who;
        read(self.storage.consent(&user.into(), &client.into(), &audience.into())).is_some()
    }

    fn has_client_grant(&self) -> bool {
        let grant = client_grant(self.who.1, self.who.2);
        read(self.storage.client_grant(&grant.client_id, &grant.audience, grant.subject_type)).is_some()
    }

    fn assert_ended(&self) {
        let authorization = self.stored_authorization().expect("the ended authorization stays");
        assert_eq!((authorization.ended_at, authorization.epoch), (Some(at(1)), 2));
        assert_eq!((self.family_ended(), self.denied()), (Some(at(1)), Some(at(1))));
    }

    /// All of it, as text.
    fn everything(&self) -> String {
        let (user, client, audience) = self.who;
        let storage = self.storage;
        let session = self.name("session");
        format!(
            "{:?}",
            (
                read(storage.user(&user.into())),
                read(storage.client(&client.into())),
                read(storage.resource_server(&audience.into())),
                self.has_client_grant(),
                read(storage.consent(&user.into(), &client.into(), &audience.into())),
                read(storage.session_by_handle(&hash(&session))),
                read(storage.session_clients(&session.as_str().into())),
                self.stored_authorization(),
                self.code_redeemed(),
                read(storage.access_token(&self.access_token().handle)),
                read(storage.refresh_token(&hash(&self.name("token")))),
            )
        )
    }
}
