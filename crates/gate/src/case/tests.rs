use countersign_oauth::Seconds;
use countersign_storage::{RecordKind, UserPolicy};
use countersign_testkit::{
    NOW, api, authorization, client, client_grant, connection, consent, session, settings, user,
    user_client_grant,
};

use super::*;

/// Every record of a login, owned, to be changed and then asked about.
struct World {
    client: Client,
    user: User,
    api: ResourceServer,
    grant: ClientGrant,
    session: SessionRecord,
    connection: Connection,
    authorization: Authorization,
    consent: Consent,
}

impl World {
    fn new() -> Self {
        let mut api = api();
        api.settings.subject_type_authorization.user = UserPolicy::RequireClientGrant;
        Self {
            client: client(),
            user: user(),
            api,
            grant: user_client_grant(),
            session: session(),
            connection: connection(),
            authorization: authorization(),
            consent: consent(),
        }
    }

    /// The case with everything in it.
    fn case(&self) -> Case<'_> {
        Case {
            now: NOW,
            client: &self.client,
            grant_type: &GrantType::AUTHORIZATION_CODE,
            subject: Subject::User(Some(&self.user)),
            api: Some(&self.api),
            client_grant: Some(&self.grant),
            session: Session::Required(Some(&self.session), SessionLimits::of(&settings())),
            connection: Some(&self.connection),
            authorization: Some(&self.authorization),
            consent: Some(Some(&self.consent)),
        }
    }

    /// The case with a client, a user and nothing else.
    fn bare(&self) -> Case<'_> {
        Case {
            api: None,
            client_grant: None,
            session: Session::Independent,
            connection: None,
            authorization: None,
            consent: None,
            ..self.case()
        }
    }
}

fn required(pass: &Pass) -> Vec<RecordKind> {
    pass.requires().iter().map(|requirement| requirement.record).collect()
}

/// What a refusal is, with one record of a good case changed.
fn refusal(change: impl FnOnce(&mut World)) -> GateRefusal {
    let mut world = World::new();
    assert!(world.case().pass().is_ok(), "the case is good before it is changed");
    change(&mut world);
    world.case().pass().unwrap_err()
}

#[test]
fn a_pass_requires_every_record_that_the_decision_saw_at_the_epoch_it_saw() {
    use RecordKind as Kind;
    let mut world = World::new();
    world.user.epoch = 7;
    let pass = world.case().pass().unwrap();
    let expected = [
        Kind::Client,
        Kind::User,
        Kind::Session,
        Kind::Connection,
        Kind::Authorization,
        Kind::ResourceServer,
        Kind::ClientGrant,
        Kind::Consent,
    ];
    assert_eq!(required(&pass), expected);
    let seen = [
        world.client.requirement(),
        world.user.requirement(),
        world.session.requirement(),
        world.connection.requirement(),
        world.authorization.requirement(),
        world.api.requirement(),
        world.grant.requirement(),
        world.consent.requirement(),
    ];
    assert_eq!(pass.requires(), seen);
    assert!(pass.requires().iter().any(|seen| seen.record == Kind::User && seen.epoch == 7));
}

#[test]
fn a_pass_requires_nothing_that_did_not_matter() {
    use RecordKind as Kind;
    let world = World::new();
    assert_eq!(required(&world.bare().pass().unwrap()), [Kind::Client, Kind::User]);
    let new = Case { session: Session::New, ..world.bare() };
    assert_eq!(required(&new.pass().unwrap()), [Kind::Client, Kind::User]);

    let for_itself = Case {
        subject: Subject::Client,
        grant_type: &GrantType::CLIENT_CREDENTIALS,
        api: Some(&world.api),
        client_grant: Some(&world.grant),
        ..world.bare()
    };
    let expected = [Kind::Client, Kind::ResourceServer, Kind::ClientGrant];
    assert_eq!(required(&for_itself.pass().unwrap()), expected);

    let mut open = World::new();
    open.api.settings.subject_type_authorization.user = UserPolicy::AllowAll;
    let case = Case { api: Some(&open.api), client_grant: Some(&open.grant), ..open.bare() };
    let expected = [Kind::Client, Kind::User, Kind::ResourceServer];
    assert_eq!(required(&case.pass().unwrap()), expected, "the client grant did not decide");
}

#[test]
fn refuses_a_grant_that_the_client_may_not_use() {
    let only = |grant| move |world: &mut World| world.client.settings.grant_types = vec![grant];
    let expected = GateRefusal::GrantNotAllowed(GrantType::AUTHORIZATION_CODE);
    assert_eq!(refusal(only(GrantType::REFRESH_TOKEN)), expected);
    assert_eq!(refusal(|world| world.client.settings.grant_types.clear()), expected);
    assert_eq!(refusal(only(GrantType::new("Authorization_Code"))), expected);
}

#[test]
fn refuses_a_user_who_is_gone_or_blocked() {
    let world = World::new();
    let gone = Case { subject: Subject::User(None), ..world.case() };
    assert_eq!(gone.pass().unwrap_err(), GateRefusal::UserMissing);
    assert_eq!(refusal(|world| world.user.blocked = true), GateRefusal::UserBlocked);
}

#[test]
fn refuses_what_depends_on_a_session_that_is_over() {
    let over = |change: fn(&mut SessionRecord)| refusal(|world| change(&mut world.session));
    assert_eq!(over(|session| session.ended_at = Some(NOW)), GateRefusal::SessionEnded);
    assert_eq!(over(|session| session.idle_expires_at = NOW), GateRefusal::SessionEnded);
    assert_eq!(over(|session| session.expires_at = NOW), GateRefusal::SessionEnded);

    let world = World::new();
    let limits = SessionLimits::of(&settings());
    let gone = Case { session: Session::Required(None, limits), ..world.case() };
    assert_eq!(gone.pass().unwrap_err(), GateRefusal::SessionEnded);
}

#[test]
fn refuses_a_session_that_the_limits_of_today_have_ended() {
    let world = World::new();
    let mut lowered = settings();
    lowered.session_lifetime = 1.0;
    let limits = SessionLimits::of(&lowered);
    let ask = |seconds| {
        let session = Session::Required(Some(&world.session), limits);
        Case { now: NOW.plus(Seconds(seconds)), session, ..world.case() }.pass()
    };
    assert!(ask(3599).is_ok());
    assert_eq!(ask(3600).unwrap_err(), GateRefusal::SessionEnded);
}

#[test]
fn what_outlives_its_session_does_not_ask_for_it() {
    let mut world = World::new();
    world.session.ended_at = Some(NOW);
    let independent = Case { session: Session::Independent, ..world.case() };
    assert!(!required(&independent.pass().unwrap()).contains(&RecordKind::Session));
}

#[test]
fn refuses_a_connection_that_is_not_enabled_for_the_client() {
    let others = |world: &mut World| world.connection.settings.enabled_clients = vec!["other".into()];
    assert_eq!(refusal(others), GateRefusal::ConnectionNotEnabled);
    let nobody = |world: &mut World| world.connection.settings.enabled_clients.clear();
    assert_eq!(refusal(nobody), GateRefusal::ConnectionNotEnabled);
}

#[test]
fn refuses_what_hangs_from_an_authorization_that_has_ended() {
    let ended = |world: &mut World| world.authorization.ended_at = Some(NOW);
    assert_eq!(refusal(ended), GateRefusal::AuthorizationEnded);
}

#[test]
fn refuses_an_api_that_is_closed_to_users_or_to_this_client() {
    let denied = |grant_would_help, third_party| GateRefusal::ApiDenied {
        client_id: client().id,
        audience: api().identifier,
        grant_would_help,
        for_user: true,
        third_party,
    };
    let closed = |world: &mut World| world.api.settings.subject_type_authorization.user = UserPolicy::DenyAll;
    assert_eq!(refusal(closed), denied(false, false));

    let mut world = World::new();
    let without = Case { client_grant: None, ..world.case() };
    assert_eq!(without.pass().unwrap_err(), denied(true, false));
    world.api.settings.subject_type_authorization.user = UserPolicy::AllowAll;
    world.client.settings.is_first_party = false;
    let third = Case { client_grant: None, ..world.case() };
    assert_eq!(third.pass().unwrap_err(), denied(true, true));
}

#[test]
fn refuses_a_client_without_a_grant_for_itself() {
    let (world, own) = (World::new(), client_grant());
    let ask = |client_grant| {
        let case = Case {
            subject: Subject::Client,
            grant_type: &GrantType::CLIENT_CREDENTIALS,
            api: Some(&world.api),
            client_grant,
            ..world.bare()
        };
        case.pass()
    };
    assert!(ask(Some(&own)).is_ok());
    let refused = ask(None).unwrap_err();
    assert!(matches!(refused, GateRefusal::ApiDenied { grant_would_help: true, for_user: false, .. }));
}

#[test]
fn refuses_where_a_consent_is_needed_and_there_is_none() {
    let world = World::new();
    let without = Case { consent: Some(None), ..world.case() };
    assert_eq!(without.pass().unwrap_err(), GateRefusal::ConsentMissing);
    let not_needed = Case { consent: None, ..world.case() };
    assert!(!required(&not_needed.pass().unwrap()).contains(&RecordKind::Consent));
}

#[test]
fn a_user_who_is_made_in_the_same_commit_is_not_required_to_be_there() {
    let world = World::new();
    let case = Case { subject: Subject::New(&world.user), ..world.bare() };
    let requires = case.pass().unwrap();
    assert!(requires.requires().iter().all(|requirement| requirement.record != RecordKind::User));
    let blocked = User { blocked: true, ..world.user.clone() };
    let case = Case { subject: Subject::New(&blocked), ..world.bare() };
    assert_eq!(case.pass().err(), Some(GateRefusal::UserBlocked));
}
