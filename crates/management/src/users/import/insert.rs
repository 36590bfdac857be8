use countersign_oauth::{Fault, Secret, UserId};
use countersign_storage::{
    Change, Changes, Conflict, Connection, Identity, PasswordHash, Profile, Upsert, User,
};
use countersign_users::{PasswordHasher, Verification};

use super::{ImportOutcome, ImportedUser, NewUser};
use crate::{
    Admin,
    admin::{ATTEMPTS, Committed, logged, too_many_conflicts},
    generate,
};

/// Inserts a user, unless one of his id, e-mail address or username is there.
pub(crate) async fn insert_user(
    user: &NewUser,
    connection: &Connection,
    hasher: &dyn PasswordHasher,
    admin: &Admin<'_>,
) -> Result<ImportedUser, Fault> {
    let mut hash = user.hash.clone();
    for _ in 0..ATTEMPTS {
        if let Some(stored) = find(user, connection, admin).await? {
            return unchanged(user, &stored, hasher).await;
        }
        if let (None, Some(password)) = (&hash, &user.password) {
            hash = Some(hasher.hash(password).await?);
        }
        let record = record(user, connection, hash.clone(), admin);
        let id = record.id.clone();
        let mut event = admin.log("sapi", "Create a user");
        event.user_id = Some(id.clone());
        let insert = Change::UpsertUser(Upsert { record, expected_version: None, raise_epoch: false });
        match admin.commit(Changes::none().with(insert).with(logged(event))).await? {
            Committed::Done => return Ok(imported(user, id, ImportOutcome::Inserted, user.password.clone())),
            Committed::Again(Conflict::Exists) | Committed::Again(_) => {}
        }
    }
    Err(too_many_conflicts())
}

async fn find(user: &NewUser, connection: &Connection, admin: &Admin<'_>) -> Result<Option<User>, Fault> {
    if let Some(id) = &user.id
        && let Some(stored) = admin.storage.user(&full_id(id)).await?
    {
        return Ok(Some(stored));
    }
    for identifier in user.email.iter().chain(&user.username) {
        let stored = admin.storage.user_by_identifier(&connection.id, identifier).await?;
        if stored.is_some() {
            return Ok(stored);
        }
    }
    Ok(None)
}

async fn unchanged(
    user: &NewUser,
    stored: &User,
    hasher: &dyn PasswordHasher,
) -> Result<ImportedUser, Fault> {
    let password = known_password(user.password.as_ref(), stored, hasher).await?;
    Ok(imported(user, stored.id.clone(), ImportOutcome::Unchanged, password))
}

/// The clear password, if it is the one that is stored.
async fn known_password(
    password: Option<&Secret<String>>,
    stored: &User,
    hasher: &dyn PasswordHasher,
) -> Result<Option<Secret<String>>, Fault> {
    let (Some(password), Some(hash)) = (password, &stored.password) else { return Ok(None) };
    let verification = hasher.verify(password, Some(hash)).await?;
    Ok((verification != Verification::Wrong).then(|| password.clone()))
}

fn imported(
    user: &NewUser,
    id: UserId,
    outcome: ImportOutcome,
    password: Option<Secret<String>>,
) -> ImportedUser {
    ImportedUser {
        user_id: Some(id),
        email: user.email.clone(),
        username: user.username.clone(),
        outcome,
        password,
    }
}

fn full_id(own: &str) -> UserId {
    UserId::new(format!("auth0|{own}"))
}

fn record(
    user: &NewUser,
    connection: &Connection,
    password: Option<PasswordHash>,
    admin: &Admin<'_>,
) -> User {
    let own = user.id.clone().unwrap_or_else(|| generate::hex24(admin.random));
    User {
        id: full_id(&own),
        connection_id: connection.id.clone(),
        email: user.email.clone(),
        email_verified: user.email_verified && user.email.is_some(),
        username: user.username.clone(),
        password,
        profile: Profile {
            claims: user.claims.clone(),
            user_metadata: user.user_metadata.clone(),
            app_metadata: user.app_metadata.clone(),
            attributes: serde_json::Map::new(),
        },
        blocked: user.blocked,
        identities: vec![Identity {
            tokens: None,
            connection_id: connection.id.clone(),
            provider: "auth0".to_owned(),
            provider_user_id: own,
        }],
        created_at: admin.now,
        updated_at: admin.now,
        password_changed_at: None,
        last_login: None,
        last_ip: None,
        logins_count: 0,
        version: 0,
        epoch: 0,
    }
}
