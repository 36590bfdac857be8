use countersign_oauth::{Error, Handle, RequestContext, Secret, SecureRandom, SessionId};
use countersign_storage::{
    Attempts, Authentication, Connection, Drawn, PasswordHash, Reads, Session, TenantSettings, User,
};
use countersign_users::{
    Account, HeldBack, LoginAttempts, LoginLimits, PasswordHasher, SessionLimits, Verification,
    normalise_identifier,
};

use crate::{Browser, LoginProblem};

/// The login form as it came back.
#[derive(Debug)]
pub struct LoginSubmission {
    /// The sealed transaction.
    pub transaction: String,
    /// What was typed as identifier.
    pub identifier: String,
    /// What was typed as password.
    pub password: Secret<String>,
    /// Cookies.
    pub browser: Browser,
    /// Time, domain and address.
    pub context: RequestContext,
}

/// What checking a password found. Nothing in it tells an unknown account from a wrong password.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one per request; boxing buys nothing")]
pub(crate) enum Credentials {
    Right { user: User, connection: Connection, rehash: Option<(PasswordHash, PasswordHash)> },
    Problem(LoginProblem, Option<Drawn>),
}

/// Verifies identifier and password, once per submission: this is the login's preparation.
///
/// An unknown account costs the same hashing as a known one.
pub(crate) async fn check(
    submission: &LoginSubmission,
    connections: &[Connection],
    store: (&dyn Reads, &dyn Attempts),
    hasher: &dyn PasswordHasher,
    limits: &LoginLimits,
) -> Result<Credentials, Error> {
    let (reads, attempts) = store;
    let identifier = normalise_identifier(&submission.identifier);
    let (Some(identifier), false) = (identifier, submission.password.expose().is_empty()) else {
        return Ok(Credentials::Problem(LoginProblem::Incomplete, None));
    };
    let Some((connection, user)) = find(&identifier, connections, reads).await? else {
        hasher.verify(&submission.password, None).await?;
        return Ok(Credentials::Problem(LoginProblem::WrongCredentials, None));
    };
    let (now, ip) = (submission.context.now, submission.context.client_ip);
    let account = match &user {
        Some(user) => Account::Known(&user.id),
        None => Account::Unknown(&connection.id, &identifier),
    };
    let counted = LoginAttempts::of(account, ip, *limits, attempts, now).await?;
    if let Some((why, drawn)) = counted.begin().await? {
        let problem = match why {
            HeldBack::Account => LoginProblem::TooManyAttempts,
            HeldBack::Address => LoginProblem::AddressHeldBack,
            HeldBack::TooFast => LoginProblem::TooFast,
        };
        return Ok(Credentials::Problem(problem, Some(drawn)));
    }
    let stored = user.as_ref().and_then(|user| user.password.as_ref());
    match (hasher.verify(&submission.password, stored).await?, user) {
        (Verification::Right { rehash }, Some(user)) => {
            if !user.blocked {
                counted.forget().await?;
            }
            let rehash = user.password.clone().zip(rehash);
            Ok(Credentials::Right { user, connection, rehash })
        }
        _ => {
            counted.failed().await?;
            Ok(Credentials::Problem(LoginProblem::WrongCredentials, None))
        }
    }
}

/// The account of an identifier, in the first connection that has it; else the first connection, so that
/// attempts on unknown accounts are counted too. `None` where the client has no database at all.
async fn find(
    identifier: &str,
    connections: &[Connection],
    reads: &dyn Reads,
) -> Result<Option<(Connection, Option<User>)>, Error> {
    for connection in connections {
        if let Some(user) = reads.user_by_identifier(&connection.id, identifier).await? {
            return Ok(Some((connection.clone(), Some(user))));
        }
    }
    Ok(connections.first().map(|connection| (connection.clone(), None)))
}

/// A new session: a new `sid` and a new cookie at every login (OWASP ASVS 7.2.4).
pub(crate) fn new_session(
    user: &User,
    connection: &Connection,
    settings: &TenantSettings,
    context: &RequestContext,
    random: &dyn SecureRandom,
) -> (Session, Handle) {
    let cookies = SessionLimits::of(settings);
    let limits = cookies.of_a_new_one();
    let handle = Handle::generate(random);
    let now = context.now;
    let expires_at = now.plus(limits.absolute);
    let session = Session {
        id: SessionId::new(Handle::generate(random).expose()),
        handle: handle.hash(),
        user_id: user.id.clone(),
        connection_id: connection.id.clone(),
        organization_id: None,
        issuer: context.domain.issuer.clone(),
        authentication: Authentication { authenticated_at: now, amr: vec!["pwd".to_owned()], acr: None },
        created_at: now,
        idle_lifetime: limits.idle,
        idle_expires_at: now.plus(limits.idle),
        expires_at,
        persistent: cookies.persistent,
        user_agent: context.user_agent.clone(),
        ip: context.client_ip.to_string(),
        ended_at: None,
        epoch: 0,
    };
    (session, handle)
}
