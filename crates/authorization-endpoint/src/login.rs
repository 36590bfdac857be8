use countersign_oauth::{
    ConnectionId, Error, Handle, HandleHash, RequestContext, Seconds, Secret, SecureRandom, SessionId,
};
use countersign_storage::{
    Attempts, Authentication, Bucket, Connection, PasswordHash, Reads, Session, TenantSettings, User,
};
use countersign_users::{PasswordHasher, SessionLimits, Verification, normalise_identifier};

use crate::{Browser, LoginLimits, LoginProblem};

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

/// Failed attempts are remembered for this long after the last one.
const ATTEMPTS_KEPT: Seconds = Seconds(24 * 3600);

/// What checking a password found. Nothing in it tells an unknown account from a wrong password.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one per request; boxing buys nothing")]
pub(crate) enum Credentials {
    Right { user: User, connection: Connection, rehash: Option<(PasswordHash, PasswordHash)> },
    Problem(LoginProblem),
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
        return Ok(Credentials::Problem(LoginProblem::Incomplete));
    };
    let Some((connection, user)) = find(&identifier, connections, reads).await? else {
        hasher.verify(&submission.password, None).await?;
        return Ok(Credentials::Problem(LoginProblem::WrongCredentials));
    };
    let buckets = buckets(&connection.id, &identifier, &submission.context);
    for (bucket, limit) in buckets.iter().zip([limits.per_account_and_ip, limits.per_account]) {
        let now = submission.context.now;
        if limit.is_some_and(|limit| limit > 0)
            && attempts.count(bucket, now).await? >= limit.unwrap_or(u32::MAX)
        {
            return Ok(Credentials::Problem(LoginProblem::TooManyAttempts));
        }
    }
    let stored = user.as_ref().and_then(|user| user.password.as_ref());
    match (hasher.verify(&submission.password, stored).await?, user) {
        (Verification::Right { rehash }, Some(user)) => {
            for bucket in &buckets {
                attempts.clear(bucket).await?;
            }
            let rehash = user.password.clone().zip(rehash);
            Ok(Credentials::Right { user, connection, rehash })
        }
        _ => {
            let now = submission.context.now;
            for bucket in &buckets {
                attempts.record(bucket, now, now.plus(ATTEMPTS_KEPT)).await?;
            }
            Ok(Credentials::Problem(LoginProblem::WrongCredentials))
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

/// The counters of an account: from this address, and in all.
fn buckets(connection: &ConnectionId, identifier: &str, context: &RequestContext) -> [Bucket; 2] {
    let account = format!("{connection}\n{identifier}");
    let from_here = format!("{}\n{account}", context.client_ip);
    [
        Bucket { purpose: "login_ip_account".to_owned(), subject: HandleHash::of(&from_here) },
        Bucket { purpose: "login_account".to_owned(), subject: HandleHash::of(&account) },
    ]
}

/// A new session: a new `sid` and a new cookie at every login (OWASP ASVS 7.2.4).
pub(crate) fn new_session(
    user: &User,
    connection: &Connection,
    settings: &TenantSettings,
    context: &RequestContext,
    random: &dyn SecureRandom,
) -> (Session, Handle) {
    let limits = SessionLimits::of(settings);
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
        idle_expires_at: now.plus(limits.idle).min(expires_at),
        expires_at,
        persistent: limits.persistent,
        user_agent: context.user_agent.clone(),
        ip: context.client_ip.to_string(),
        ended_at: None,
        epoch: 0,
    };
    (session, handle)
}
